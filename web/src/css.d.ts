// esbuild hands these over as text.
declare module '*.css' {
  const text: string;
  export default text;
}
