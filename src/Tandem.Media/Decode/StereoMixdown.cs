using System.Runtime.InteropServices;
using Tandem.Media.Native;

namespace Tandem.Media.Decode;

/// <summary>Turns decoded frames of any channel layout and sample format into interleaved stereo floats at the same rate.</summary>
internal sealed unsafe class StereoMixdown : IDisposable
{
    private float[] _samples = new float[4096];
    private int _count;
    private SwrHandle? _swr;
    private AVChannelLayout _layout;
    private int _format = -1;
    private int _rate;

    /// <summary>The newest block.</summary>
    public ReadOnlySpan<float> Samples => _samples.AsSpan(0, _count);

    /// <summary>Reads one frame; false where its layout cannot be mixed down.</summary>
    public bool Read(AVFrame* frame)
    {
        var samples = frame->nb_samples;
        if (_samples.Length < samples * 2)
            _samples = new float[samples * 2];
        _count = samples * 2;
        if (frame->format == LibAvUtil.SampleFormatFloatPlanar && frame->ch_layout.nb_channels is 1 or 2)
        {
            // Most sources: no more to do than to weave the two planes.
            var left = new ReadOnlySpan<float>(frame->extended_data[0], samples);
            var right = frame->ch_layout.nb_channels == 1 ? left : new ReadOnlySpan<float>(frame->extended_data[1], samples);
            for (var i = 0; i < samples; i++)
            {
                _samples[2 * i] = left[i];
                _samples[(2 * i) + 1] = right[i];
            }

            return true;
        }

        return Prepare(frame) && Convert(frame, samples);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _swr?.Dispose();
        _swr = null;
        fixed (AVChannelLayout* layout = &_layout)
            LibAvUtil.av_channel_layout_uninit(layout);
    }

    private bool Convert(AVFrame* frame, int samples)
    {
        fixed (float* output = &MemoryMarshal.GetArrayDataReference(_samples))
        {
            var plane = (byte*)output;
            if (LibSwResample.swr_convert(_swr!.Value, &plane, samples, frame->extended_data, samples) != samples)
                return false;
        }

        // Mono: libswresample takes 3 dB off either side; here mono is heard on both as it is.
        if (frame->ch_layout.nb_channels == 1)
        {
            for (var i = 0; i < _count; i++)
                _samples[i] *= MathF.Sqrt(2);
        }

        return true;
    }

    private bool Prepare(AVFrame* frame)
    {
        fixed (AVChannelLayout* layout = &_layout)
        {
            if (_swr is not null && _format == frame->format && _rate == frame->sample_rate
                && LibAvUtil.av_channel_layout_compare(layout, &frame->ch_layout) == 0)
                return true;
            _swr?.Dispose();
            _swr = null;
            AVChannelLayout stereo;
            LibAvUtil.av_channel_layout_default(&stereo, 2);
            void* context = null;
            if (LibSwResample.swr_alloc_set_opts2(
                    &context, &stereo, LibAvUtil.SampleFormatFloat, frame->sample_rate, &frame->ch_layout, frame->format, frame->sample_rate, 0, null) < 0)
                return false;
            _swr = new SwrHandle(context);

            // For float output libswresample would leave sums above 1 alone; a downmix must not be louder than its source can be.
            LibAvUtil.av_opt_set_double(context, "rematrix_maxval", 1.0, 0);
            if (LibSwResample.swr_init(context) < 0)
            {
                _swr.Dispose();
                _swr = null;
                return false;
            }

            _format = frame->format;
            _rate = frame->sample_rate;
            return LibAvUtil.av_channel_layout_copy(layout, &frame->ch_layout) >= 0;
        }
    }
}
