namespace Tandem.Server.Demo;

/// <summary>What could not be had for the demo, in one line for the person who started it; or the running source.</summary>
/// <param name="Source">The source; the caller disposes of it.</param>
/// <param name="Problem">Null when it runs.</param>
public sealed record DemoStart(DemoSource? Source, string? Problem);

/// <summary>A live channel to dub, made on this machine: the demo's own programme, or a file, looped.</summary>
public sealed class DemoSource : IAsyncDisposable
{
    private readonly DemoOrigin _origin;

    private DemoSource(DemoOrigin origin) => _origin = origin;

    /// <summary>Address of the channel's master playlist, on a port of its own.</summary>
    public Uri Master => _origin.Master;

    /// <summary>Prepares what is to be looped, once, and serves it as a live channel.</summary>
    /// <param name="input">A file that ffmpeg can read; null for the demo's own programme.</param>
    /// <param name="port">The origin's port on 127.0.0.1; any free one when it is taken or 0.</param>
    /// <param name="say">Told what is being done when it takes a while.</param>
    /// <param name="time">The clock that the channel lives by.</param>
    /// <param name="cancel">Gives up.</param>
    public static async Task<DemoStart> StartAsync(string? input, int port, Action<string> say, TimeProvider time, CancellationToken cancel)
    {
        var material = input is null
            ? await ProgrammeAsync(say, cancel).ConfigureAwait(false)
            : await FileAsync(input, say, cancel).ConfigureAwait(false);
        return material.Loop is null
            ? new(null, material.Problem)
            : new(new DemoSource(await DemoOrigin.StartAsync(material, port, time, cancel).ConfigureAwait(false)), null);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _origin.DisposeAsync();

    private static async Task<Material> ProgrammeAsync(Action<string> say, CancellationToken cancel)
    {
        var (prompts, problem) = ProgrammeLoop.Find();
        return problem is not null
            ? new("", null, problem)
            : await LoopCache.GetAsync(
                ProgrammeLoop.Key(prompts),
                folder => ProgrammeLoop.MakeAsync(folder, prompts, cancel),
                () => say("preparing the demo's picture and sound, once"),
                cancel).ConfigureAwait(false);
    }

    private static async Task<Material> FileAsync(string input, Action<string> say, CancellationToken cancel)
    {
        var file = new FileInfo(input);
        if (!file.Exists)
        {
            return new("", null, Directory.Exists(input) ? $"{input} is a folder, not a file" : $"there is no file {input}");
        }

        return await LoopCache.GetAsync(
            FileLoop.Key(file),
            folder => FileLoop.MakeAsync(folder, file, cancel),
            () => say($"preparing {file.Name}, once"),
            cancel).ConfigureAwait(false);
    }
}
