using Microsoft.Win32.SafeHandles;
using Tandem.Media.Captions;
using Tandem.Media.Worker;

namespace Tandem.Media.Film;

/// <summary>A packet of a film's subtitles.</summary>
/// <param name="Ticks">When it shows, 90 kHz as the file counts.</param>
/// <param name="Length">How long, 90 kHz; 0 where the file does not tell.</param>
/// <param name="Data">As its codec has it.</param>
public sealed record FilmText(long Ticks, long Length, byte[] Data);

/// <summary>What one stream of a film says in captions; one of the two is empty.</summary>
/// <param name="Texts">Packets of a subtitle stream, in the file's order.</param>
/// <param name="Pairs">Caption bytes of a picture or of a CEA-608 track, in order of presentation.</param>
public sealed record FilmCaptions(IReadOnlyList<FilmText> Texts, IReadOnlyList<CaptionPair> Pairs)
{
    // 24 h of two fields at 60 Hz would be ten million; most of them are padding, which is left out.
    private const int MostPairs = 4_000_000;
    private const int MostTexts = 200_000;

    private const long LongestTime = 1L << 52;

    /// <summary>Reads them in a confined child, from the file's beginning to its end.</summary>
    /// <param name="sources">Regular files, open for reading.</param>
    /// <param name="source">Which of them.</param>
    /// <param name="stream">Its stream.</param>
    /// <param name="options">The child's.</param>
    /// <param name="time">For its deadline.</param>
    /// <param name="cancellation">Gives it up.</param>
    /// <returns>The captions, or why there are none, one line.</returns>
    public static async Task<(FilmCaptions? Captions, string? Problem)> ReadAsync(
        IReadOnlyList<SafeFileHandle> sources,
        int source,
        FilmStream stream,
        FilmOptions options,
        TimeProvider time,
        CancellationToken cancellation)
    {
        await using var child = FilmChild.Start(sources, options, time);
        var wire = new WireWriter();
        wire.Begin((MessageKind)FilmMessage.ReadCaptions);
        wire.I32(source);
        wire.I32(stream.Index);
        _ = child.Send(wire.End());
        var texts = new List<FilmText>();
        var pairs = new List<CaptionPair>();
        try
        {
            while (true)
            {
                var (message, problem) = await child.ReadAsync(cancellation).ConfigureAwait(false);
                if (message is not { } step)
                    return (null, problem);
                switch (step.Kind)
                {
                    case FilmMessage.Described or FilmMessage.Progress:
                        break;
                    case FilmMessage.Text when texts.Count < MostTexts:
                        texts.Add(Text(step.Body));
                        break;
                    case FilmMessage.Pairs when pairs.Count < MostPairs:
                        Add(step.Body, pairs);
                        break;
                    case FilmMessage.Text or FilmMessage.Pairs:
                        return (null, "it has more captions than a day holds");
                    case FilmMessage.Done:
                        return (new FilmCaptions(texts, pairs), null);
                    default:
                        return (null, FilmHearing.Reason(step));
                }
            }
        }
        catch (WireException e)
        {
            return (null, $"the child that reads it talks nonsense: {e.Message}");
        }
    }

    private static FilmText Text(byte[] body)
    {
        var wire = new WireReader(body);
        var (ticks, length) = (wire.I64(), wire.I64());
        return Math.Abs(ticks) <= LongestTime && length is >= 0 and <= LongestTime
            ? new FilmText(ticks, length, wire.Bytes(FilmCaptionReader.LargestText).ToArray())
            : throw new WireException("an impossible time");
    }

    private static void Add(byte[] body, List<CaptionPair> pairs)
    {
        var wire = new WireReader(body);
        foreach (var pair in WireCaptions.ReadPairs(ref wire))
        {
            if (Math.Abs(pair.Ticks) > LongestTime)
                throw new WireException("an impossible time");

            // One padding behind a command says that it was sent once; more say nothing.
            var isPadding = ((pair.First | pair.Second) & 0x7F) == 0;
            if (!isPadding || pairs.Count == 0 || ((pairs[^1].First | pairs[^1].Second) & 0x7F) != 0)
                pairs.Add(pair);
        }
    }
}
