using Tandem.Live;

namespace Tandem.Server.Admission;

/// <summary>CPU and memory of something that runs all the time.</summary>
/// <param name="Cores">CPU seconds a second.</param>
/// <param name="Bytes">Memory.</param>
internal readonly record struct Cost(double Cores, double Bytes)
{
    public static Cost operator +(Cost one, Cost other) => new(one.Cores + other.Cores, one.Bytes + other.Bytes);

    public static Cost operator *(int times, Cost cost) => new(times * cost.Cores, times * cost.Bytes);
}

/// <summary>
/// What channels, voices and viewers cost: the cost table of <c>bench</c> as docs/bench.md has it (a test compares them), and what the table
/// leaves out, from other measurements.
/// </summary>
internal static class InstanceCosts
{
    private const double MiB = 1024 * 1024;

    /// <summary>One channel without any language.</summary>
    public static Cost Channel { get; } = new(0.0053, 57.1 * MiB);

    /// <summary>One more language.</summary>
    public static Cost Language { get; } = new(0.0099, 2.2 * MiB);

    /// <summary>
    /// One viewer by WebSocket, with the picture: 3 Mbit/s at 1.06 CPU seconds a gigabyte (a plain Kestrel loop, design.md, section 5), and the
    /// 200 KiB that it allows.
    /// </summary>
    public static Cost Viewer { get; } = new(3e6 / 8 / 1e9 * 1.06, 200 * 1024);

    /// <summary>
    /// What an engine costs a channel that is spoken in all the time. <c>offline</c> and its parts: pocketsphinx as it is run here, from 1.7 s
    /// to 7.3 s of CPU for 11 s of speech, a model of some 100 MiB in memory, and a translator and a voice each language. Those of providers cost
    /// next to nothing here.
    /// </summary>
    public static Cost Engine(string name, int languages) =>
        name is "echo" or "tone" ? default : new Cost(0.35, 100 * MiB) + (languages * new Cost(0.02, 20 * MiB));

    /// <summary>A whole channel.</summary>
    public static Cost Of(ChannelOptions channel) => Channel + (channel.To.Length * Language) + Engine(channel.Engine, channel.To.Length);
}
