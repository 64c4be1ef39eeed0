using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace Tandem.Media.Segmenting;

/// <summary>What a <see cref="Segmenter"/> reads: an open file, or an address to listen on.</summary>
public abstract record SegmenterInput
{
    /// <summary>How it is called in states and logs; without passphrases and keys.</summary>
    public abstract string Name { get; }

    /// <summary>Whether senders come and go; false for a file.</summary>
    public virtual bool Listens => true;
}

/// <summary>
/// A file that the parent opened; the child gets the descriptor and no other file. Anything libavformat demuxes by itself: MP4, MOV,
/// Matroska, WebM, MPEG-TS, MPEG-PS, FLV, AVI, MP3, AAC, WAV, FLAC, Ogg, … but no playlists.
/// </summary>
/// <param name="Handle">Open for reading. It stays the caller's and must stay open until the segmenter is disposed of.</param>
/// <param name="Name">Its name, for people.</param>
/// <param name="Loop">Whether it begins again when it ends; each turn begins with a discontinuity.</param>
public sealed record FileInput(SafeFileHandle Handle, string Name, bool Loop = false) : SegmenterInput
{
    /// <inheritdoc/>
    public override string Name { get; } = Name;

    /// <inheritdoc/>
    public override bool Listens => false;
}

/// <summary>Listens for one RTMP sender at a time. The application and the key must be what the sender says; the key is a secret.</summary>
/// <param name="Address">Where to listen; a port below 1,024 cannot be had by a confined child.</param>
/// <param name="Application">First part of the path, such as <c>live</c>.</param>
/// <param name="Key">Second part of the path; the sender's stream name.</param>
public sealed record RtmpInput(IPEndPoint Address, string Application, string Key) : SegmenterInput
{
    /// <inheritdoc/>
    public override string Name => string.Create(CultureInfo.InvariantCulture, $"rtmp://{Address}/{Application}");

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>Listens for one SRT caller at a time, who sends MPEG-TS.</summary>
/// <param name="Address">Where to listen.</param>
/// <param name="Passphrase">10 to 79 characters; null for no encryption. A secret.</param>
/// <param name="Latency">Time for retransmissions.</param>
public sealed record SrtInput(IPEndPoint Address, string? Passphrase, TimeSpan Latency) : SegmenterInput
{
    /// <summary>Where nothing is said: three to four round trips across a continent, for what is lost to be sent again. SRT itself would take 120 ms.</summary>
    public static readonly TimeSpan DefaultLatency = TimeSpan.FromMilliseconds(500);

    /// <inheritdoc/>
    public override string Name => string.Create(CultureInfo.InvariantCulture, $"srt://{Address}");

    /// <inheritdoc/>
    public override string ToString() => Name;
}

/// <summary>Receives MPEG-TS over UDP, with or without RTP headers, from one host or a multicast group.</summary>
/// <param name="Address">Where to receive; a multicast group is joined.</param>
/// <param name="Interface">Address of the network interface on which to join the group; null leaves the choice to the kernel.</param>
public sealed record UdpInput(IPEndPoint Address, IPAddress? Interface = null) : SegmenterInput
{
    /// <inheritdoc/>
    public override string Name => string.Create(CultureInfo.InvariantCulture, $"udp://{Address}");

    /// <summary>Whether <see cref="Address"/> is a multicast group.</summary>
    public bool IsMulticast => Address.AddressFamily == AddressFamily.InterNetworkV6
        ? Address.Address.IsIPv6Multicast
        : Address.Address.GetAddressBytes()[0] is >= 224 and < 240;
}
