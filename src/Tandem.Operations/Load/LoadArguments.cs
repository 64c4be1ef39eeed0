using System.Globalization;

namespace Tandem.Operations.Load;

/// <summary>What <c>load</c> was called with, as it was written; null where an option was not given.</summary>
public sealed record LoadArguments
{
    private const int MostViewers = 20_000;

    /// <summary><c>--url</c>.</summary>
    public string? Url { get; init; }

    /// <summary><c>--channel</c>.</summary>
    public string? Channel { get; init; }

    /// <summary><c>--viewers</c>.</summary>
    public string? Viewers { get; init; }

    /// <summary><c>--duration</c>.</summary>
    public string? Duration { get; init; }

    /// <summary><c>--ramp</c>.</summary>
    public string? Ramp { get; init; }

    /// <summary><c>--lang</c>.</summary>
    public string? Language { get; init; }

    /// <summary><c>--via</c>.</summary>
    public string? Via { get; init; }

    /// <summary><c>--media</c>.</summary>
    public string? Media { get; init; }

    /// <summary><c>--token</c>.</summary>
    public string? Token { get; init; }

    /// <summary><c>--fail</c>, each.</summary>
    public IReadOnlyList<string> Fail { get; init; } = [];

    /// <summary><c>--frozen</c>.</summary>
    public string? Frozen { get; init; }

    /// <summary><c>--slow</c>.</summary>
    public string? Slow { get; init; }

    /// <summary><c>--buffer</c>.</summary>
    public string? Buffer { get; init; }

    /// <summary><c>--seed</c>.</summary>
    public string? Seed { get; init; }

    /// <summary><c>--decode</c>.</summary>
    public string? Decode { get; init; }

    /// <summary>The run, or all that is wrong with the call, one line each.</summary>
    public (LoadOptions? Options, IReadOnlyList<string> Mistakes) Read()
    {
        var mistakes = new List<string>();
        var url = ReadUrl(mistakes);
        var duration = ReadTime("--duration", Duration, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(1), TimeSpan.FromHours(24),
            mistakes);
        var longestRamp = duration < TimeSpan.FromSeconds(30) ? duration / 3 : TimeSpan.FromSeconds(10);
        var ramp = ReadTime("--ramp", Ramp, longestRamp, TimeSpan.Zero, TimeSpan.FromHours(24), mistakes);
        if (Ramp is not null && mistakes.Count == 0 && ramp >= duration)
            mistakes.Add($"--ramp: {Ramp} is not shorter than the run; make --duration longer");
        var via = Choose("--via", Via, Load.Via.Ws, mistakes, ("ws", Load.Via.Ws), ("hls", Load.Via.Hls), ("mix", Load.Via.Mix));
        var (slow, rate) = ReadSlow(mistakes);
        var frozen = ReadCount("--frozen", Frozen, 0, 0, MostViewers, mistakes);
        if (via == Load.Via.Hls && (frozen > 0 || slow > 0))
            mistakes.Add("--frozen and --slow are viewers by WebSocket; use --via ws or mix");
        var thresholds = new List<Threshold>();
        foreach (var text in Fail)
        {
            var (threshold, problem) = Threshold.Parse(text);
            if (threshold is null)
                mistakes.Add($"--fail: {problem}");
            else if (!threshold.Has(via))
                mistakes.Add($"--fail: \"{text}\" is about viewers by {(threshold.Group == "ws" ? "WebSocket" : "HLS")}, and there are none; use --via {threshold.Group} or mix");
            else
                thresholds.Add(threshold);
        }

        var options = new LoadOptions
        {
            Url = url ?? new Uri("http://invalid/"),
            Channel = Channel,
            Viewers = ReadCount("--viewers", Viewers, 100, 1, MostViewers, mistakes),
            Duration = duration,
            Ramp = ramp,
            Languages = Language?.Split(['+', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [],
            Via = via,
            AudioOnly = Choose("--media", Media, false, mistakes, ("av", false), ("audio", true)),
            Token = Token,
            Thresholds = thresholds,
            Frozen = frozen,
            Slow = slow,
            SlowBytesPerSecond = rate,
            Buffer = Buffer is null ? null : ReadTime("--buffer", Buffer, default, TimeSpan.Zero, TimeSpan.FromMinutes(1), mistakes),
            Seed = ReadCount("--seed", Seed, 1, 0, int.MaxValue, mistakes),
            Decode = Choose("--decode", Decode, false, mistakes, ("ffmpeg", true), ("none", false)),
        };
        return mistakes.Count == 0 ? (options, []) : (null, mistakes);
    }

    private Uri? ReadUrl(List<string> mistakes)
    {
        if (Url is null || !Uri.TryCreate(Url, UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https" or "ws" or "wss")
            || url.Host.Length == 0)
        {
            mistakes.Add(Url is null ? "--url is missing: the server's root, /live/{channel}/master.m3u8 or /ws/live/{channel}"
                : $"--url: \"{Url}\" is no address; write http://host:8080/");
            return null;
        }

        return url;
    }

    private (int Count, double Rate) ReadSlow(List<string> mistakes)
    {
        if (Slow is null)
            return (0, new LoadOptions { Url = new Uri("http://invalid/") }.SlowBytesPerSecond);
        var parts = Slow.Split(':');
        if (parts is [var count, var rate]
            && int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && number <= MostViewers
            && rate.EndsWith("/s", StringComparison.OrdinalIgnoreCase)
            && Quantity.Bytes(rate[..^2]) is { } bytes
            && bytes >= 100)
        {
            return (number, bytes);
        }

        mistakes.Add($"--slow: \"{Slow}\" is no number of viewers and rate; write 1:10KB/s");
        return (0, 1);
    }

    private static TimeSpan ReadTime(string name, string? text, TimeSpan otherwise, TimeSpan least, TimeSpan most, List<string> mistakes)
    {
        if (text is null)
            return otherwise;
        if (Quantity.Time(text) is not { } time)
            mistakes.Add($"{name}: \"{text}\" is no time; write 500ms, 60s or 3m");
        else if (time < least || time > most)
            mistakes.Add($"{name}: {text} is out of range; from {least.TotalSeconds} s to {most.TotalSeconds} s");
        else
            return time;
        return otherwise;
    }

    private static int ReadCount(string name, string? text, int otherwise, int least, int most, List<string> mistakes)
    {
        if (text is null)
            return otherwise;
        if (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most)
            return number;
        mistakes.Add($"{name}: \"{text}\" is no number from {least} to {most}");
        return otherwise;
    }

    private static T Choose<T>(string name, string? text, T otherwise, List<string> mistakes, params (string Word, T Value)[] words)
    {
        if (text is null)
            return otherwise;
        foreach (var (word, value) in words)
        {
            if (word == text)
                return value;
        }

        mistakes.Add($"{name}: \"{text}\" is not known; there are {string.Join(", ", words.Select(word => word.Word))}");
        return otherwise;
    }
}
