using System.Collections.Immutable;

namespace Tandem.Live;

/// <summary>How the picture reaches viewers (design.md, section 1).</summary>
public enum VideoMode
{
    /// <summary>Chosen by probing the source; carry until <see cref="Reference"/> is proven.</summary>
    Auto,

    /// <summary>Playlists point at the source's own segments.</summary>
    Reference,

    /// <summary>The picture is remuxed and served by Tandem.</summary>
    Carry,
}

/// <summary>What becomes of the speech in advertisements.</summary>
public enum AdSpeech
{
    /// <summary>Dubbed as all else.</summary>
    Dub,

    /// <summary>Left as it is: the engine does not hear it, and every voice has the original.</summary>
    Original,
}

/// <summary>One channel's immutable settings; defaults and ranges as docs/configuration.md lists them.</summary>
public sealed record ChannelOptions
{
    /// <summary>1 to 64 of <c>a–z A–Z 0–9 . _ -</c>; part of URLs.</summary>
    public required string Id { get; init; }

    /// <summary>
    /// Address of the source's master or media playlist, or where else it comes from; <see cref="Ingest.SourceAddress"/> tells the kinds apart.
    /// </summary>
    public required Uri Input { get; init; }

    /// <summary>Most bytes of a pushed source that are held; 16 MiB to 4 GiB.</summary>
    public long PushMemory { get; init; } = 128L * 1024 * 1024;

    /// <summary>Whether an input that is a file begins again at its end; otherwise the channel ends.</summary>
    public bool Loop { get; init; } = true;

    /// <summary>BCP 47 tag of the source language.</summary>
    public required string From { get; init; }

    /// <summary>BCP 47 tags of the target languages; the first is the default voice.</summary>
    public required ImmutableArray<string> To { get; init; }

    /// <summary>How far the published timeline runs behind; 1.5 s to 5 min.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>Name of an engine, or <c>recogniser+translator+voice</c>.</summary>
    public string Engine { get; init; } = "offline";

    /// <summary>How the picture reaches viewers.</summary>
    public VideoMode Video { get; init; } = VideoMode.Auto;

    /// <summary>Whether browsers must be able to play; false: native players only, which ask nobody's permission.</summary>
    public bool Browsers { get; init; } = true;

    /// <summary>Bytes of the source's segments that are held at most while the picture is carried; 16 MiB to 16 GiB.</summary>
    public long CarryMemory { get; init; } = 256L << 20;

    /// <summary>Viewers of sockets get the variant with the highest bit rate up to this, bit/s; 100 kbit/s to 100 Mbit/s.</summary>
    public int SocketBitRate { get; init; } = 3_000_000;

    /// <summary>Whether the source and what it leads to may be loopback, link-local or private addresses.</summary>
    public bool AllowPrivate { get; init; }

    /// <summary>Address of the page that plays: what the source's answers must allow, and whether they must be https; null for any page.</summary>
    public Uri? Page { get; init; }

    /// <summary>HTTP headers, cookies among them, sent with every request to the input's own host; other hosts do not get them.</summary>
    public ImmutableDictionary<string, string> Headers { get; init; } = ImmutableDictionary<string, string>.Empty;

    /// <summary>Level of the original under a dub; −60 to 0 dB.</summary>
    public double BackgroundLevel { get; init; } = -18;

    /// <summary>A dub that could only start later than this after its utterance is dropped; 0 to 60 s.</summary>
    public TimeSpan MaxOnsetLag { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Bit rate of a voice; 32 to 320 kbit/s.</summary>
    public int VoiceBitRate { get; init; } = 128_000;

    /// <summary>The voice that players start with: a target language or <c>original</c>; null for the first target language.</summary>
    public string? DefaultVoice { get; init; }

    /// <summary>Whether languages that the source already has are dubbed all the same.</summary>
    public bool DubExisting { get; init; }

    /// <summary>Whether the viewer page plays by WebSocket, which has the shortest delay, where the browser can; else by HLS.</summary>
    public bool ShortestDelay { get; init; }

    /// <summary>What becomes of the speech in advertisements that the source marks.</summary>
    public AdSpeech Ads { get; init; }
}
