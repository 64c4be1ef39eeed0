using Tandem.Media.Demux;
using Tandem.Media.Worker;

namespace Tandem.Media.Captions;

/// <summary>
/// Takes the caption bytes out of the pictures of segments, one playlist's after another. Runs in the child process only, but for tests.
/// </summary>
internal sealed class CaptionExtractor
{
    private readonly TsDemuxer _ts = new(captions: true);
    private readonly Mp4Demuxer _mp4 = new(captions: true);

    /// <summary>Does one request.</summary>
    public CaptionOutcome Extract(CaptionRequest request)
    {
        var data = request.Data.Span;
        var demuxed = TsDemuxer.Recognises(data) ? _ts.Read(request.Init.Span, data, request.Continues)
            : Mp4Demuxer.Recognises(data) ? _mp4.Read(request.Init, request.Data, request.Continues)
            : null;
        if (demuxed is null)
            return CaptionOutcome.Failed(DecodeFault.NotMedia, "no transport stream and no fragmented MP4, so there is no picture with captions");
        var pictures = demuxed.Streams.Where(stream => stream.Kind == TrackKind.Picture).ToList();
        if (pictures.Count == 0)
            return CaptionOutcome.Failed(DecodeFault.NoPicture, "a segment without picture");
        if (pictures.Find(stream => stream.Codec is "h264" or "hevc") is not { } picture)
        {
            return CaptionOutcome.Failed(
                DecodeFault.UnknownCodec, $"captions are read of H.264 and HEVC only, and the picture is {pictures[0].Codec}");
        }

        if (picture.Encrypted)
            return CaptionOutcome.Failed(DecodeFault.Encrypted, "the picture is encrypted");
        var isMp4 = demuxed.Container == Container.FragmentedMp4;
        return CaptionOutcome.Of(
            [.. picture.Captions.Select(pair => isMp4 ? pair : pair with { Ticks = pair.Ticks & PesHeader.TicksMask })]);
    }
}
