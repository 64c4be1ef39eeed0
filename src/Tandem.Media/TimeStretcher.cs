using System.Globalization;
using Tandem.Media.Native;

namespace Tandem.Media;

/// <summary>Makes speech faster or slower and keeps its pitch, by libavfilter's <c>atempo</c> (overlap-add).</summary>
public static unsafe class TimeStretcher
{
    private const int Rate = 48_000;

    /// <summary>Stretches a whole piece of sound.</summary>
    /// <param name="mono48">One channel at 48 kHz, −1…1.</param>
    /// <param name="speed">0.5 to 2: 1.25 makes 5 s last 4 s.</param>
    /// <returns>One channel at 48 kHz, exactly length ÷ speed long, rounded to the nearest sample.</returns>
    public static float[] Stretch(ReadOnlySpan<float> mono48, double speed)
    {
        if (!(speed is >= 0.5 and <= 2))
            throw new ArgumentOutOfRangeException(nameof(speed), speed, "0.5 to 2");
        var result = new float[(int)Math.Round(mono48.Length / speed)];
        if (speed == 1)
        {
            mono48.CopyTo(result);
            return result;
        }

        using var graph = new GraphHandle();
        var (source, sink) = Build(graph, speed);
        using var frame = new FrameHandle();
        var filled = 0;
        const int Step = 4800;
        for (var at = 0; at < mono48.Length; at += Step)
        {
            Feed(source, frame.Value, mono48.Slice(at, Math.Min(Step, mono48.Length - at)), at);
            filled = Collect(sink, frame.Value, result, filled);
        }

        AvError.Check(LibAvFilter.av_buffersrc_write_frame((void*)source, null), "atempo");
        Collect(sink, frame.Value, result, filled);
        return result;
    }

    private static (nint Source, nint Sink) Build(GraphHandle graph, double speed)
    {
        void* source, tempo, sink;
        Create(&source, "abuffer", $"time_base=1/{Rate}:sample_rate={Rate}:sample_fmt=flt:channel_layout=mono");
        Create(&tempo, "atempo", speed.ToString("R", CultureInfo.InvariantCulture));
        Create(&sink, "abuffersink", "");
        AvError.Check(LibAvFilter.avfilter_link(source, 0, tempo, 0), "atempo");
        AvError.Check(LibAvFilter.avfilter_link(tempo, 0, sink, 0), "atempo");
        AvError.Check(LibAvFilter.avfilter_graph_config(graph.Value, null), "atempo");
        return ((nint)source, (nint)sink);

        void Create(void** filter, string kind, string arguments)
        {
            var found = LibAvFilter.avfilter_get_by_name(kind);
            if (found == 0)
                throw new InvalidOperationException($"libavfilter has no {kind}");
            AvError.Check(LibAvFilter.avfilter_graph_create_filter(filter, found, kind, arguments, null, graph.Value), kind);
        }
    }

    private static void Feed(nint source, AVFrame* frame, ReadOnlySpan<float> samples, long at)
    {
        LibAvUtil.av_frame_unref(frame);
        frame->nb_samples = samples.Length;
        frame->format = LibAvUtil.SampleFormatFloat;
        frame->sample_rate = Rate;
        frame->pts = at;
        LibAvUtil.av_channel_layout_default(&frame->ch_layout, 1);
        AvError.Check(LibAvUtil.av_frame_get_buffer(frame, 0), "frame buffer");
        samples.CopyTo(new Span<float>(frame->extended_data[0], samples.Length));
        AvError.Check(LibAvFilter.av_buffersrc_write_frame((void*)source, frame), "atempo");
    }

    private static int Collect(nint sink, AVFrame* frame, Span<float> result, int filled)
    {
        while (true)
        {
            LibAvUtil.av_frame_unref(frame);
            var got = LibAvFilter.av_buffersink_get_frame((void*)sink, frame);
            if (got is LibAvUtil.Again or LibAvUtil.EndOfFile)
                return filled;
            AvError.Check(got, "atempo");
            var samples = new ReadOnlySpan<float>(frame->extended_data[0], frame->nb_samples);
            var take = Math.Min(samples.Length, result.Length - filled);
            samples[..take].CopyTo(result[filled..]);
            filled += take;
        }
    }
}
