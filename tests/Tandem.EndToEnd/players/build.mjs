// Copies what the test pages need out of the packages; nothing is bundled, so that the players are those that their projects publish.
import { copyFileSync, mkdirSync } from "node:fs";

mkdirSync("dist", { recursive: true });
copyFileSync("node_modules/hls.js/dist/hls.min.js", "dist/hls.js");
copyFileSync("node_modules/shaka-player/dist/shaka-player.compiled.js", "dist/shaka.js");
copyFileSync("node_modules/axe-core/axe.min.js", "dist/axe.js");
