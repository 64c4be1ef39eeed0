using System.Diagnostics;
using System.Globalization;
using Tandem.Checks.Signals;
using Xunit;

namespace Tandem.EndToEnd.Dub;

/// <summary>What cannot be dubbed gets one clear line and the right exit code, and leaves nothing behind.</summary>
public sealed class DubBadInputTests : IDisposable
{
    private readonly string _folder = DubRun.Folder();

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("film.mp4 --from en --to qq -o out.mp4", "--to: \"qq\" is no language")]
    [InlineData("film.mp4 --from en --to en -o out.mp4", "en is the source language")]
    [InlineData("film.mp4 --from en --to es -o out.avi", "names no container that can be made; let it end in .mp4 or .mkv")]
    [InlineData("film.mp4 --from en --to es --engine siri -o out.mp4", "engine \"siri\" is not known")]
    [InlineData("film.mp4 --from en --to es --background-level loud -o out.mp4", "--background-level: \"loud\" is no level")]
    [InlineData("film.mp4 --from en --to es -o film.mp4", "is the input")]
    [InlineData("film.mp4 --from en --to es", "--output")]
    public async Task A_wrong_call_is_exit_code_2(string call, string part) =>
        await RefusedAsync(2, part, [.. call.Split(' ').Select(word => word.Contains(".m", StringComparison.Ordinal) || word.EndsWith(".avi", StringComparison.Ordinal) ? At(word) : word)]);

    [Theory]
    [InlineData("missing.mp4", "does not exist")]
    [InlineData("folder", "is a folder")]
    [InlineData("empty.mp4", "is empty")]
    [InlineData("text.mp4", "cannot be read")]
    [InlineData("noise.mkv", "cannot be read")]
    [InlineData("cut.mp4", "cannot be read")]
    [InlineData("broken.mp4", "breaks off")]
    [InlineData("silent.mp4", "has no sound")]
    [InlineData("pipe.mp4", "is no regular file")]
    public async Task What_is_no_film_is_exit_code_1(string name, string part)
    {
        await MakeAsync(name);
        await RefusedAsync(1, part, [At(name), "--from", "en", "--to", "es", "--engine", "tone", "-o", At("out.mp4")]);
    }

    [Fact]
    public async Task An_output_that_is_there_stays_as_it_is()
    {
        await MakeAsync("film.mp4");
        await File.WriteAllTextAsync(At("out.mp4"), "precious");
        var result = await DubRun.RunAsync(At("film.mp4"), "--from", "en", "--to", "es", "--engine", "tone", "-o", At("out.mp4"));
        Assert.Equal(1, result.Code);
        Assert.Contains("exists already; choose another name or add --overwrite", Assert.Single(result.Complaints), StringComparison.Ordinal);
        Assert.Equal("precious", await File.ReadAllTextAsync(At("out.mp4")));
        result = await DubRun.RunAsync(At("film.mp4"), "--from", "en", "--to", "es", "--engine", "tone", "-o", At("out.mp4"), "--overwrite");
        Assert.True(result.Code == 0, result.Errors);
        Assert.Empty(await DubRun.ComplaintsAsync(At("out.mp4")));
    }

    [Fact]
    public async Task A_folder_that_is_not_there_is_named()
    {
        await MakeAsync("film.mp4");
        await RefusedAsync(1, "there is no folder", [At("film.mp4"), "--from", "en", "--to", "es", "--engine", "tone", "-o", At("nowhere/out.mp4")]);
    }

    [Fact]
    public async Task A_picture_that_MP4_cannot_carry_names_the_remedy()
    {
        await Ffmpeg.RunAsync(
            ["-v", "error", "-f", "lavfi", "-i", "testsrc2=s=160x90:r=25:d=3", "-f", "lavfi", "-i", "sine=d=3", "-c:v", "libvpx", "-c:a", "libvorbis", At("film.webm")]);
        string[] call = [At("film.webm"), "--from", "en", "--to", "es", "--engine", "tone"];
        await RefusedAsync(1, "(vp8) does not go into an MP4; name the output", [.. call, "-o", At("out.mp4")]);
        var result = await DubRun.RunAsync([.. call, "-o", At("out.mkv")]);
        Assert.True(result.Code == 0, result.Errors);
        Assert.Empty(await DubRun.ComplaintsAsync(At("out.mkv")));
    }

    [Fact]
    public async Task Interrupted_it_leaves_nothing()
    {
        await Ffmpeg.RunAsync(["-v", "error", "-f", "lavfi", "-i", "sine=d=1800", At("film.wav")]);
        using var process = DubRun.Start([At("film.wav"), "--from", "en", "--to", "es", "--engine", "echo", "-o", At("out.mp4")]);
        var errors = process.StandardError.ReadLineAsync();
        Assert.Contains("dubbing", await errors.WaitAsync(TimeSpan.FromMinutes(2)), StringComparison.Ordinal);
        Process.Start("kill", ["-INT", process.Id.ToString(CultureInfo.InvariantCulture)]).WaitForExit();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        Assert.Equal(130, process.ExitCode);
        Assert.Equal(["film.wav"], Left());
    }

    [Fact]
    public async Task A_full_disk_is_one_line()
    {
        await DubRun.FlashBeepAsync(_folder, "film.mp4", seconds: 60);
        var full = At("full");
        Directory.CreateDirectory(full);
        using (var mount = Process.Start("mount", ["-t", "tmpfs", "-o", "size=300k", "tmpfs", full]))
        {
            await mount.WaitForExitAsync();
            Assert.SkipUnless(mount.ExitCode == 0, "a small file system cannot be mounted here");
        }

        try
        {
            var result = await DubRun.RunAsync(At("film.mp4"), "--from", "en", "--to", "es", "--engine", "echo", "-o", Path.Combine(full, "out.mp4"));
            Assert.Equal(1, result.Code);
            Assert.Contains("no space left on the device", Assert.Single(result.Complaints), StringComparison.Ordinal);
            Assert.Empty(Directory.GetFileSystemEntries(full));
        }
        finally
        {
            using var unmount = Process.Start("umount", [full]);
            await unmount.WaitForExitAsync();
        }
    }

    private async Task RefusedAsync(int code, string part, string[] arguments)
    {
        var before = Left();
        var result = await DubRun.RunAsync(arguments);
        Assert.True(result.Code == code, $"exit code {result.Code}: {result.Errors}");
        var line = Assert.Single(result.Complaints);
        Assert.StartsWith("tandem: ", line, StringComparison.Ordinal);
        Assert.Contains(part, line, StringComparison.Ordinal);
        Assert.Empty(result.Output);
        Assert.Equal(before, Left());
    }

    private async Task MakeAsync(string name)
    {
        switch (name)
        {
            case "folder":
                Directory.CreateDirectory(At(name));
                break;
            case "empty.mp4":
                await File.WriteAllBytesAsync(At(name), []);
                break;
            case "text.mp4":
                await File.WriteAllTextAsync(At(name), string.Concat(Enumerable.Repeat("This is no film.\n", 500)));
                break;
            case "pipe.mp4":
                using (var made = Process.Start("mkfifo", At(name)))
                    await made.WaitForExitAsync();
                break;
            case "noise.mkv":
                var noise = new byte[300_000];
                new Random(7).NextBytes(noise);
                await File.WriteAllBytesAsync(At(name), noise);
                break;
            case "cut.mp4":
                // The index is at the end.
                await DubRun.FlashBeepAsync(_folder, "whole.mp4", seconds: 10);
                await File.WriteAllBytesAsync(At(name), (await File.ReadAllBytesAsync(At("whole.mp4")))[..^20_000]);
                break;
            case "broken.mp4":
                await DubRun.FlashBeepAsync(_folder, "front.mp4", audio: "-c:a aac -movflags +faststart", seconds: 20);
                var front = await File.ReadAllBytesAsync(At("front.mp4"));
                await File.WriteAllBytesAsync(At(name), front[..(front.Length / 2)]);
                break;
            case "silent.mp4":
                await Ffmpeg.RunAsync(["-v", "error", "-f", "lavfi", "-i", "testsrc2=s=160x90:d=3", "-c:v", "libx264", At(name)]);
                break;
            case "film.mp4":
                await DubRun.FlashBeepAsync(_folder, name, seconds: 5);
                break;
        }
    }

    private string At(string name) => Path.Combine(_folder, name);

    private List<string> Left() => [.. Directory.GetFileSystemEntries(_folder).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)];
}
