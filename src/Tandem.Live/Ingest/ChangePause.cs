namespace Tandem.Live.Ingest;

/// <summary>Completes when what is at an address is another state than the one with this version; see <see cref="FetchOutcome.Version"/>.</summary>
internal delegate Task Changed(Uri address, long version, CancellationToken cancellation);

/// <summary>Pauses between two looks at something, which end early where the source tells of changes by itself.</summary>
/// <param name="changed">Tells of changes; null where the source has to be asked.</param>
/// <param name="time">Clock.</param>
internal sealed class ChangePause(Changed? changed, TimeProvider time)
{
    // A packager that writes the same playlist many times a second is followed in steps.
    private static readonly TimeSpan s_least = TimeSpan.FromSeconds(0.2);

    /// <summary>Whether changes are told.</summary>
    public bool IsTold => changed is not null;

    /// <summary>Waits for <paramref name="wait"/> (<see cref="Timeout.InfiniteTimeSpan"/> for ever), or until the address holds something else.</summary>
    public async Task WaitAsync(TimeSpan wait, Uri address, long version, CancellationToken cancellation)
    {
        var least = changed is null || (wait >= TimeSpan.Zero && wait < s_least) ? wait : s_least;
        await Task.Delay(least, time, cancellation);
        if (changed is null || wait == least)
            return;
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        await Task.WhenAny(Task.Delay(wait < least ? wait : wait - least, time, either.Token), changed(address, version, either.Token));
        await either.CancelAsync();
        cancellation.ThrowIfCancellationRequested();
    }
}
