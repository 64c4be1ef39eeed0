using System.Runtime.InteropServices;
using Tandem.Media.Decode;
using Tandem.Media.Native;

namespace Tandem.Media.Segmenting;

/// <summary>
/// Sound that neither MPEG-TS nor MP4 carries for browsers (PCM, Vorbis, ALAC, DTS, …), made AAC, 48 kHz stereo, with one encoder as long
/// as its clock does not jump. Holes and overlaps beyond 40 ms are filled and cut; the priming is taken out of the times.
/// </summary>
internal sealed unsafe class SoundTranscoder : IDisposable
{
    private const int BitRate = 160_000;
    private const int Channels = 2;
    private const long TicksAFrame = 1920;
    private const long Slack = 3600;
    private const long LongestHole = InputClock.FarAhead;

    private readonly int _stream;
    private readonly SoundDecoder _decoder;
    private readonly AacEncoder _encoder = new(BitRate, Channels);
    private readonly List<float> _samples = [];
    private readonly List<ReadOnlyMemory<byte>> _encoded = [];
    private float[] _resampled = [];
    private SwrHandle? _swr;
    private int _rate;
    private long? _begin;
    private long _taken;
    private long _frames;

    private SoundTranscoder(int stream, SoundDecoder decoder)
    {
        _stream = stream;
        _decoder = decoder;
    }

    /// <summary>Opens one; null where there is no decoder.</summary>
    /// <param name="parameters">Of the source's stream.</param>
    /// <param name="stream">Number of the stream in the output.</param>
    public static SoundTranscoder? Open(AVCodecParameters* parameters, int stream) =>
        SoundDecoder.Open(parameters) is { } decoder ? new SoundTranscoder(stream, decoder) : null;

    /// <summary>Configuration of what comes out (ISO/IEC 14496-3, 1.6.2.1).</summary>
    public static byte[] Configuration()
    {
        using var encoder = new AacEncoder(BitRate, Channels);
        return encoder.AudioSpecificConfig.ToArray();
    }

    /// <summary>Adds a coded frame of the source that plays at <paramref name="pts"/>, 90 kHz; what comes out is added to the output.</summary>
    public void Add(ReadOnlySpan<byte> frame, long pts, List<CutPacket> output)
    {
        _decoder.Send(frame);
        var into = 0L;
        while (_decoder.Receive(out _))
        {
            var block = _decoder.Samples;
            Push(block, _decoder.SampleRate, pts + (into * 90_000 / _decoder.SampleRate));
            into += block.Length / Channels;
        }

        Encode(output);
    }

    /// <summary>Ends the sound: brings out what the encoder still holds.</summary>
    public void Finish(List<CutPacket> output)
    {
        if (_begin is null)
            return;
        var rest = _samples.Count % (AacEncoder.FrameSamples * Channels);
        if (rest > 0)
            _samples.AddRange(new float[(AacEncoder.FrameSamples * Channels) - rest]);
        Encode(output);
        _encoder.Finish(_encoded);
        Hand(output);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _swr?.Dispose();
        _encoder.Dispose();
        _decoder.Dispose();
    }

    private void Push(ReadOnlySpan<float> samples, int rate, long pts)
    {
        _begin ??= pts;
        var expected = _begin.Value + (_taken * 90_000 / AacEncoder.SampleRate);
        var hole = pts - expected;
        if (hole is > Slack and < LongestHole)
        {
            var missing = hole * AacEncoder.SampleRate / 90_000;
            CollectionsMarshal.SetCount(_samples, _samples.Count + (int)(missing * Channels));
            CollectionsMarshal.AsSpan(_samples)[^(int)(missing * Channels)..].Clear();
            _taken += missing;
        }
        else if (hole < -Slack)
        {
            samples = samples[(int)Math.Min(samples.Length, -hole * rate / 90_000 * Channels)..];
        }

        if (rate != AacEncoder.SampleRate)
            samples = Resample(samples, rate);
        _samples.AddRange(samples);
        _taken += samples.Length / Channels;
    }

    private ReadOnlySpan<float> Resample(ReadOnlySpan<float> samples, int rate)
    {
        if (_swr is null || _rate != rate)
        {
            _swr?.Dispose();
            AVChannelLayout stereo;
            LibAvUtil.av_channel_layout_default(&stereo, Channels);
            void* context = null;
            AvError.Check(
                LibSwResample.swr_alloc_set_opts2(
                    &context, &stereo, LibAvUtil.SampleFormatFloat, AacEncoder.SampleRate, &stereo, LibAvUtil.SampleFormatFloat, rate, 0, null),
                "resampler");
            _swr = new SwrHandle(context);
            AvError.Check(LibSwResample.swr_init(context), "resampler");
            _rate = rate;
        }

        // What the filter holds back comes out with the next block.
        var room = (int)(((long)samples.Length / Channels * AacEncoder.SampleRate / rate) + 256);
        if (_resampled.Length < room * Channels)
            _resampled = new float[room * Channels];
        int got;
        fixed (float* from = samples, to = _resampled)
        {
            byte* input = (byte*)from, output = (byte*)to;
            got = LibSwResample.swr_convert(_swr.Value, &output, room, &input, samples.Length / Channels);
        }

        return _resampled.AsSpan(0, Math.Max(got, 0) * Channels);
    }

    private void Encode(List<CutPacket> output)
    {
        var whole = _samples.Count - (_samples.Count % (AacEncoder.FrameSamples * Channels));
        if (whole == 0)
            return;
        _encoder.Encode(CollectionsMarshal.AsSpan(_samples)[..whole], _encoded);
        _samples.RemoveRange(0, whole);
        Hand(output);
    }

    private void Hand(List<CutPacket> output)
    {
        foreach (var bytes in _encoded)
        {
            // The first is the priming, which plays before the beginning.
            var pts = _begin!.Value + ((_frames++ - 1) * TicksAFrame);
            var packet = new PacketHandle();
            AvError.Check(LibAvCodec.av_new_packet(packet.Value, bytes.Length), "packet");
            bytes.Span.CopyTo(new Span<byte>(packet.Value->data, bytes.Length));
            packet.Value->flags = LibAvCodec.PacketKey;
            output.Add(new CutPacket(_stream, pts, pts, TicksAFrame, true, bytes.Length, packet));
        }

        _encoded.Clear();
    }
}
