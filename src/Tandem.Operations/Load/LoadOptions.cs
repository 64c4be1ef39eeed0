namespace Tandem.Operations.Load;

/// <summary>How viewers watch.</summary>
public enum Via
{
    /// <summary>WebSocket, <c>tandem.v1</c>.</summary>
    Ws,

    /// <summary>HLS.</summary>
    Hls,

    /// <summary>Half of them each.</summary>
    Mix,
}

/// <summary>A run that can be started.</summary>
public sealed record LoadOptions
{
    /// <summary>The server's root, a master playlist or a channel's WebSocket.</summary>
    public required Uri Url { get; init; }

    /// <summary>Which channel, if the address names none.</summary>
    public string? Channel { get; init; }

    /// <summary>How many watch, slow ones not among them.</summary>
    public int Viewers { get; init; } = 100;

    /// <summary>From the first viewer's coming to the end; the ramp is part of it.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Viewers come spread over so long.</summary>
    public TimeSpan Ramp { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Languages that viewers choose, one after the other; empty for the channel's default.</summary>
    public IReadOnlyList<string> Languages { get; init; } = [];

    /// <summary>How they watch.</summary>
    public Via Via { get; init; } = Via.Ws;

    /// <summary>Whether they want the voice alone.</summary>
    public bool AudioOnly { get; init; }

    /// <summary>A viewer's token; null for none.</summary>
    public string? Token { get; init; }

    /// <summary>What fails the run.</summary>
    public IReadOnlyList<Threshold> Thresholds { get; init; } = [];

    /// <summary>More viewers that connect and read nothing.</summary>
    public int Frozen { get; init; }

    /// <summary>More viewers that read slowly.</summary>
    public int Slow { get; init; }

    /// <summary>How slowly.</summary>
    public double SlowBytesPerSecond { get; init; } = 10_000;

    /// <summary>What is buffered before a player begins, and after a stall; null for 1 s (WebSocket) or one segment (HLS).</summary>
    public TimeSpan? Buffer { get; init; }

    /// <summary>Chooses when viewers come and how long they wait before they come back: the same seed, the same choice.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Whether a sample is decoded by ffmpeg at the end.</summary>
    public bool Decode { get; init; }
}
