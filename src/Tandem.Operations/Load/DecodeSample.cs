using System.ComponentModel;
using System.Diagnostics;

namespace Tandem.Operations.Load;

/// <summary>
/// What one viewer got in its first seconds, kept to be decoded by ffmpeg once the run is over. A few MiB at most; only with <c>--decode
/// ffmpeg</c>. A viewer of HLS reads its tracks at the same time: safe on many threads.
/// </summary>
internal sealed class DecodeSample
{
    private const int LargestTrack = 6 << 20;
    private const int MostPieces = 12;
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private readonly Dictionary<int, Kept> _tracks = [];

    /// <summary>How many tracks have something to decode.</summary>
    public int Tracks
    {
        get
        {
            lock (_lock)
                return _tracks.Values.Count(track => track.Pieces > 0);
        }
    }

    /// <summary>A piece begins.</summary>
    public void Begin(int track)
    {
        lock (_lock)
        {
            if (!_tracks.TryGetValue(track, out var kept))
                _tracks[track] = kept = new Kept();
            kept.Draft = kept.Full ? -1 : (int)kept.Bytes.Length;
        }
    }

    /// <summary>The next bytes of it.</summary>
    public void Feed(int track, ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            if (_tracks.TryGetValue(track, out var kept) && kept.Draft >= 0)
                kept.Bytes.Write(bytes);
        }
    }

    /// <summary>It is whole, and kept or not.</summary>
    public void Commit(int track, bool init, bool keep = true)
    {
        lock (_lock)
        {
            if (!_tracks.TryGetValue(track, out var kept) || kept.Draft < 0)
                return;
            // A second init segment begins another stream.
            if (!keep || (init && kept.Pieces > 0))
                kept.Bytes.SetLength(kept.Draft);
            kept.Full |= init && kept.Pieces > 0;
            kept.Pieces += keep && !init ? 1 : 0;
            kept.Full |= kept.Pieces >= MostPieces || kept.Bytes.Length >= LargestTrack;
            kept.Draft = -1;
        }
    }

    /// <summary>Decodes what was kept. Returns what ffmpeg complained of, a line a track; or null where there is no ffmpeg.</summary>
    public async Task<IReadOnlyList<string>?> DecodeAsync(TimeProvider time, CancellationToken cancel)
    {
        var complaints = new List<string>();
        foreach (var (number, bytes) in Taken())
        {
            var (found, complaint) = await RunAsync(bytes, time, cancel);
            if (!found)
                return null;
            if (complaint is not null)
                complaints.Add($"track {number}: {complaint}");
        }

        return complaints;
    }

    /// <summary>What is whole of each track; a viewer that has not ended yet may go on with the rest.</summary>
    private List<(int Track, byte[] Bytes)> Taken()
    {
        lock (_lock)
        {
            return [.. _tracks.Where(pair => pair.Value.Pieces > 0)
                .Select(pair => (pair.Key, pair.Value.Bytes.GetBuffer().AsSpan(0, pair.Value.Whole).ToArray()))];
        }
    }

    private static async Task<(bool Found, string? Complaint)> RunAsync(byte[] bytes, TimeProvider time, CancellationToken cancel)
    {
        var start = new ProcessStartInfo("ffmpeg", ["-nostdin", "-v", "error", "-threads", "1", "-i", "pipe:0", "-f", "null", "-"])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var limit = new CancellationTokenSource(_patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            return (false, null);
        }

        using (process)
        {
            try
            {
                var errors = process.StandardError.ReadToEndAsync(either.Token);
                var output = process.StandardOutput.ReadToEndAsync(either.Token);
                await GiveAsync(process, bytes, either.Token);
                await process.WaitForExitAsync(either.Token);
                await output;
                var lines = (await errors).Split('\n', StringSplitOptions.RemoveEmptyEntries);
                return (true, lines is [var first, ..] ? first.Trim() : process.ExitCode == 0 ? null
                    : $"ffmpeg ended with {process.ExitCode}");
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
                return (true, cancel.IsCancellationRequested ? null : $"ffmpeg took longer than {_patience.TotalSeconds} s");
            }
        }
    }

    private static async Task GiveAsync(Process process, byte[] bytes, CancellationToken cancel)
    {
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(bytes, cancel);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended before it had read all, and says why.
        }
    }

    private sealed class Kept
    {
        public MemoryStream Bytes { get; } = new();

        public int Draft { get; set; } = -1;

        public int Pieces { get; set; }

        public bool Full { get; set; }

        /// <summary>Bytes without those of a piece that has only begun.</summary>
        public int Whole => Draft >= 0 ? Draft : (int)Bytes.Length;
    }
}
