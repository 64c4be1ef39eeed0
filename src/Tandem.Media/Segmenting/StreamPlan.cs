using Tandem.Media.Native;
using Tandem.Media.Worker;

namespace Tandem.Media.Segmenting;

/// <summary>What is known of one stream of a source.</summary>
/// <param name="Index">Its number in the source.</param>
/// <param name="Kind">Sound, picture, or anything else.</param>
/// <param name="CodecId">FFmpeg's number of the codec.</param>
/// <param name="Codec">FFmpeg's name of the codec.</param>
/// <param name="Area">Pixels of the picture; 0 where unknown, and for sound.</param>
/// <param name="Known">Whether what a container must say of the stream is known: size, sample rate.</param>
/// <param name="Cover">Whether the picture is a still that belongs to the file rather than to its time.</param>
/// <param name="Program">The programme that it belongs to; 0 where there are none.</param>
/// <param name="Plain">For AAC: whether an ADTS header can describe it.</param>
/// <param name="Decodable">Whether libavcodec has a decoder.</param>
internal sealed record SourceStream(
    int Index, TrackKind Kind, int CodecId, string Codec, int Area, bool Known, bool Cover, long Program, bool Plain, bool Decodable);

/// <summary>One stream that is carried.</summary>
/// <param name="Source">It, in the source.</param>
/// <param name="Encoded">Whether it is sound that is encoded anew.</param>
internal sealed record CarriedStream(SourceStream Source, bool Encoded);

/// <summary>What of a source is carried, in what. Pure.</summary>
/// <param name="Container">MPEG-TS where it can hold everything, else fragmented MP4.</param>
/// <param name="Streams">The picture first, if there is one.</param>
/// <param name="Note">What is not carried as it is and why, one line; null where everything is.</param>
internal sealed record StreamPlan(Container Container, IReadOnlyList<CarriedStream> Streams, string? Note)
{
    /// <summary>Makes a plan; null where nothing can be carried, which <paramref name="problem"/> explains.</summary>
    public static StreamPlan? Make(IReadOnlyList<SourceStream> source, out string? problem)
    {
        problem = null;
        var notes = new List<string>();
        var picture = Picture(source, notes);
        var sounds = Sounds(source, picture, notes);
        if (picture is null && sounds.Count == 0)
        {
            problem = source.Count == 0 ? "no sound and no picture in it"
                : $"neither sound nor picture that can be carried ({string.Join(", ", source.Select(stream => stream.Codec).Distinct(StringComparer.Ordinal))})";
            return null;
        }

        var container = picture is { CodecId: LibAvCodec.IdAv1 or LibAvCodec.IdVp9 } || sounds.Any(sound => OnlyMp4(sound))
            ? Container.FragmentedMp4 : Container.MpegTs;
        var streams = new List<CarriedStream>();
        if (picture is not null)
            streams.Add(new CarriedStream(picture, false));
        foreach (var sound in sounds)
        {
            var encoded = !Carries(container, sound);
            if (encoded && !sound.Decodable)
            {
                notes.Add($"sound {sound.Index} ({sound.Codec}) is left out: it cannot be carried or decoded");
                continue;
            }

            if (encoded)
                notes.Add($"sound {sound.Index} ({sound.Codec}) is encoded anew as AAC: what browsers play has no place for it");
            streams.Add(new CarriedStream(sound, encoded));
        }

        if (streams.Count == 0)
            problem = string.Join("; ", notes);
        return streams.Count == 0 ? null : new StreamPlan(container, streams, notes.Count == 0 ? null : string.Join("; ", notes));
    }

    private static SourceStream? Picture(IReadOnlyList<SourceStream> source, List<string> notes)
    {
        var pictures = source.Where(stream => stream is { Kind: TrackKind.Picture, Cover: false }).ToList();
        var chosen = pictures.Where(stream => stream.Known && CarriesPicture(stream.CodecId)).MaxBy(stream => stream.Area);
        foreach (var picture in pictures.Where(picture => picture != chosen))
        {
            if (!CarriesPicture(picture.CodecId))
                notes.Add($"picture {picture.Index} ({picture.Codec}) is left out: browsers play H.264, HEVC, AV1 and VP9 only, and pictures are never encoded anew");
            else if (!picture.Known)
                notes.Add($"picture {picture.Index} ({picture.Codec}) is left out: the source does not show how large it is");
            else
                notes.Add($"picture {picture.Index} is left out: the largest is carried");
        }

        return chosen;
    }

    private static List<SourceStream> Sounds(IReadOnlyList<SourceStream> source, SourceStream? picture, List<string> notes)
    {
        var sounds = source.Where(stream => stream is { Kind: TrackKind.Sound, Known: true }).ToList();
        var program = picture?.Program ?? (sounds.Count > 0 ? sounds[0].Program : 0);
        var others = sounds.RemoveAll(sound => sound.Program != program);
        if (others > 0)
            notes.Add($"{others} sound streams of other programmes are left out");
        return sounds;
    }

    private static bool CarriesPicture(int codec) =>
        codec is LibAvCodec.IdH264 or LibAvCodec.IdHevc or LibAvCodec.IdAv1 or LibAvCodec.IdVp9;

    private static bool OnlyMp4(SourceStream sound) =>
        sound.CodecId is LibAvCodec.IdOpus or LibAvCodec.IdFlac || sound is { CodecId: LibAvCodec.IdAac, Plain: false };

    private static bool Carries(Container container, SourceStream sound) => sound.CodecId switch
    {
        LibAvCodec.IdAac or LibAvCodec.IdMp3 or LibAvCodec.IdAc3 or LibAvCodec.IdEac3 => true,
        LibAvCodec.IdMp2 or LibAvCodec.IdAacLatm => container == Container.MpegTs,
        LibAvCodec.IdOpus or LibAvCodec.IdFlac => container == Container.FragmentedMp4,
        _ => false,
    };
}
