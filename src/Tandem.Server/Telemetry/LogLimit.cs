namespace Tandem.Server.Telemetry;

/// <summary>
/// How often one kind of line may be written: ten at once, then one a second. Kinds are counted apart, so that no fault drowns another.
/// Safe on any thread.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class LogLimit(TimeProvider time)
{
    // Kinds are made of messages in the code and of channels; what comes beyond this many shares one.
    private const int MostKinds = 4096;
    private const double Burst = 10;

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Category, string Message), Kind> _kinds = [];

    /// <summary>Whether a line may be written, and how many of its kind were left out before it.</summary>
    /// <param name="category">The logger's.</param>
    /// <param name="message">The message before its values are put in.</param>
    public (bool Allowed, long LeftOut) Ask(string category, string message)
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            var key = (category, message);
            if (!_kinds.TryGetValue(key, out var kind))
            {
                key = _kinds.Count < MostKinds ? key : ("", "");
                if (!_kinds.TryGetValue(key, out kind))
                    _kinds[key] = kind = new Kind { Asked = now };
            }

            kind.Left = Math.Min(Burst, kind.Left + time.GetElapsedTime(kind.Asked, now).TotalSeconds);
            kind.Asked = now;
            if (kind.Left < 1)
            {
                kind.LeftOut++;
                return (false, 0);
            }

            kind.Left--;
            var before = kind.LeftOut;
            kind.LeftOut = 0;
            return (true, before);
        }
    }

    private sealed class Kind
    {
        public double Left { get; set; } = Burst;

        public long Asked { get; set; }

        public long LeftOut { get; set; }
    }
}
