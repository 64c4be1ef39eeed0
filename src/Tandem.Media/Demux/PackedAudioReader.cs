using Tandem.Media.Worker;

namespace Tandem.Media.Demux;

/// <summary>Reads packed audio: ADTS or MPEG audio or AC-3 behind an ID3 time stamp (RFC 8216, section 3.4).</summary>
internal sealed class PackedAudioReader
{
    private SoundFramer? _framer;
    private FrameSyntax? _syntax;

    /// <summary>How the sound is framed; null where the bytes are no packed audio.</summary>
    public static FrameSyntax? Recognise(ReadOnlySpan<byte> data)
    {
        data = data[TagsLength(data, out _)..];
        foreach (var syntax in (ReadOnlySpan<FrameSyntax>)[FrameSyntax.Adts, FrameSyntax.Ac3, FrameSyntax.MpegAudio])
        {
            // A segment may begin with the rest of a frame; two headers in step within the first few KiB tell.
            for (var at = 0; at < Math.Min(data.Length, 4096); at++)
            {
                if (FrameHeader.Read(syntax, data[at..], out var header) != HeaderMatch.Yes || header.Length > data.Length - at)
                    continue;
                var next = FrameHeader.Read(syntax, data[(at + header.Length)..], out var following);
                if (next == HeaderMatch.Yes ? following.Identity == header.Identity : at == 0 && data.Length == header.Length)
                    return syntax;
            }
        }

        return null;
    }

    /// <summary>The time stamp at the front of a segment, 90 kHz; null where it has none.</summary>
    public static long? Timestamp(ReadOnlySpan<byte> data)
    {
        _ = TagsLength(data, out var timestamp);
        return timestamp;
    }

    /// <summary>Reads a segment.</summary>
    public Demuxed Read(FrameSyntax syntax, ReadOnlySpan<byte> data, bool continues)
    {
        continues &= _framer is not null && _syntax == syntax;
        if (!continues)
        {
            _framer = new SoundFramer(syntax);
            _syntax = syntax;
        }

        var framer = _framer!;
        framer.Begin(continues);
        data = data[TagsLength(data, out var timestamp)..];

        // Without a time stamp (RFC 8216 wants one) sound counts on, or from 0.
        if (timestamp is null && !continues)
            timestamp = 0;
        if (timestamp is { } ticks)
            framer.Anchor(ticks);
        framer.Append(data);
        framer.End();

        var stream = new ElementaryStream(0, TrackKind.Sound, "aac") { Frames = framer.Frames };
        if (framer.Newest is { } header)
            TsStream.Describe(stream, header);
        return new Demuxed(Container.PackedAudio, [stream], framer.Damaged);
    }

    private static int TagsLength(ReadOnlySpan<byte> data, out long? timestamp)
    {
        var at = 0;
        timestamp = null;
        while (Id3Tag.Match(data[at..], out var length) == HeaderMatch.Yes && length <= data.Length - at)
        {
            timestamp ??= Id3Tag.Timestamp(data.Slice(at, length));
            at += length;
        }

        return at;
    }
}
