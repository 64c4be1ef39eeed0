using System.Collections.Concurrent;

namespace Tandem.Tests.Ingest;

/// <summary>
/// Runs tasks on one thread of its own and knows when none is left: what a test on fake time needs in order to let time go on only
/// when everything that this moment set off has happened.
/// </summary>
internal sealed class OneThread : TaskScheduler, IDisposable
{
    private const int Enough = 3;

    private readonly BlockingCollection<Task> _waiting = [];
    private readonly Thread _thread;
    private long _queued;
    private long _done;
    private long _settled;

    public OneThread()
    {
        _thread = new Thread(Work) { IsBackground = true, Name = "fake time" };
        _thread.Start();
    }

    /// <summary>
    /// Until no task is left. A few things of the framework (a contended semaphore, the reader of a channel, a cancellation) go through the
    /// thread pool before they come back here: after anything has run, or may have been set off from outside, they get some time to do so.
    /// </summary>
    /// <param name="fromOutside">Whether anything but time may have set something off.</param>
    public async Task SettleAsync(bool fromOutside)
    {
        if (!fromOutside && _settled == Interlocked.Read(ref _queued))
            return;
        for (var quiet = 0; quiet < Enough;)
        {
            var before = Interlocked.Read(ref _queued);
            await Task.Delay(1);
            while (Interlocked.Read(ref _done) < Interlocked.Read(ref _queued))
                Thread.Sleep(0);
            _settled = Interlocked.Read(ref _queued);
            quiet = before == _settled ? quiet + 1 : 0;
        }
    }

    public void Dispose() => _waiting.CompleteAdding();

    protected override void QueueTask(Task task)
    {
        Interlocked.Increment(ref _queued);
        _waiting.Add(task);
    }

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        !taskWasPreviouslyQueued && Thread.CurrentThread == _thread && TryExecuteTask(task);

    protected override IEnumerable<Task> GetScheduledTasks() => _waiting;

    private void Work()
    {
        foreach (var task in _waiting.GetConsumingEnumerable())
        {
            TryExecuteTask(task);
            Interlocked.Increment(ref _done);
        }
    }
}

/// <summary>Tests on fake time run alone: on a busy thread pool what they set off would take longer than they wait.</summary>
[Xunit.CollectionDefinition(Name, DisableParallelization = true)]
public sealed class FakeTime
{
    /// <summary>Name of the collection.</summary>
    public const string Name = "fake time";
}
