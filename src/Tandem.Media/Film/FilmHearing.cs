using Microsoft.Win32.SafeHandles;
using Tandem.Media.Worker;

namespace Tandem.Media.Film;

/// <summary>What <see cref="FilmHearing"/> brings, in order.</summary>
public abstract record FilmStep
{
    private protected FilmStep()
    {
    }
}

/// <summary>A block of decoded sound.</summary>
/// <param name="Ticks">Time of its first sample, 90 kHz as the file counts.</param>
/// <param name="SampleRate">Hz.</param>
/// <param name="Samples">Interleaved stereo, −1…1.</param>
public sealed record FilmSound(long Ticks, int SampleRate, float[] Samples) : FilmStep;

/// <summary>How far the file is read.</summary>
/// <param name="Position">Bytes.</param>
public sealed record FilmProgress(long Position) : FilmStep;

/// <summary>The file was read to its end.</summary>
/// <param name="End">Where picture and sound end, 90 kHz as the file counts.</param>
public sealed record FilmHeard(long End) : FilmStep;

/// <summary>It cannot be read any further.</summary>
/// <param name="Detail">One line for people.</param>
public sealed record FilmFault(string Detail) : FilmStep;

/// <summary>
/// A film's sound, decoded from its file in a confined child: any container and codec that libav* reads. The child waits while its
/// blocks are not taken.
/// </summary>
public sealed class FilmHearing : IAsyncDisposable
{
    private const int MostSamples = 1 << 21;
    private const long LongestTime = 1L << 52;

    private readonly FilmChild _child;

    private FilmHearing(FilmChild child, IReadOnlyList<FilmDescription> sources)
    {
        _child = child;
        Sources = sources;
    }

    /// <summary>What each source holds.</summary>
    public IReadOnlyList<FilmDescription> Sources { get; }

    /// <summary>How the child is confined.</summary>
    public SandboxReport Sandbox => _child.Sandbox;

    /// <summary>Opens files.</summary>
    /// <param name="sources">Regular files, open for reading.</param>
    /// <param name="options">The child's.</param>
    /// <param name="time">For its deadline.</param>
    /// <param name="cancellation">Gives it up.</param>
    /// <returns>The hearing, or why there is none, one line.</returns>
    public static async Task<(FilmHearing? Hearing, string? Problem)> OpenAsync(
        IReadOnlyList<SafeFileHandle> sources, FilmOptions options, TimeProvider time, CancellationToken cancellation)
    {
        var child = FilmChild.Start(sources, options, time);
        try
        {
            var (message, problem) = await child.ReadAsync(cancellation).ConfigureAwait(false);
            if (message is { Kind: FilmMessage.Described } described)
            {
                var hearing = new FilmHearing(child, Described(described.Body, sources.Count));
                child = null;
                return (hearing, null);
            }

            return (null, message is { } other ? Reason(other) : problem);
        }
        catch (WireException e)
        {
            return (null, $"the child that reads it talks nonsense: {e.Message}");
        }
        finally
        {
            if (child is not null)
                await child.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Begins to decode a stream.</summary>
    public void Hear(int source, FilmStream stream)
    {
        var wire = new WireWriter();
        wire.Begin((MessageKind)FilmMessage.Hear);
        wire.I32(source);
        wire.I32(stream.Index);
        _ = _child.Send(wire.End());
    }

    /// <summary>The next step; after <see cref="FilmHeard"/> or <see cref="FilmFault"/> there is none.</summary>
    public async Task<FilmStep> NextAsync(CancellationToken cancellation)
    {
        var (message, problem) = await _child.ReadAsync(cancellation).ConfigureAwait(false);
        if (message is not { } step)
            return new FilmFault(problem ?? "it ended without a reason");
        try
        {
            return Step(step);
        }
        catch (WireException e)
        {
            return new FilmFault($"the child that reads it talks nonsense: {e.Message}");
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _child.DisposeAsync();

    internal static string Reason((FilmMessage Kind, byte[] Body) message)
    {
        if (message.Kind != FilmMessage.Failed)
            return $"the child that reads it talks nonsense: message {(int)message.Kind}";
        var wire = new WireReader(message.Body);
        return wire.Text(1000) ?? "no reason was given";
    }

    internal static IReadOnlyList<FilmDescription> Described(byte[] body, int sources)
    {
        var wire = new WireReader(body);
        var all = new FilmDescription[wire.Bounded(sources, sources)];
        for (var i = 0; i < all.Length; i++)
            all[i] = FilmDescription.Read(ref wire);
        return all;
    }

    private static FilmStep Step((FilmMessage Kind, byte[] Body) message)
    {
        var wire = new WireReader(message.Body);
        switch (message.Kind)
        {
            case FilmMessage.Sound:
                var ticks = wire.I64();
                var rate = wire.Bounded(4_000, 192_000);
                return Math.Abs(ticks) <= LongestTime
                    ? new FilmSound(ticks, rate, wire.Floats(MostSamples))
                    : throw new WireException("an impossible time");
            case FilmMessage.Progress:
                return new FilmProgress(wire.I64());
            case FilmMessage.Done:
                return new FilmHeard(Math.Clamp(wire.I64(), -LongestTime, LongestTime));
            default:
                return new FilmFault(Reason(message));
        }
    }
}
