using System.Collections.Concurrent;

namespace Tandem.Tests.Ingest;

/// <summary>
/// Runs tasks on one thread of its own and knows when none is left: what a test on fake time needs in order to let time go on only
/// when everything that this moment set off has happened.
/// </summary>
internal sealed class OneThread : TaskScheduler, IDisposable
{
    private readonly BlockingCollection<Task> _waiting = [];
    private readonly Thread _thread;
    private long _open;
    private long _done;

    public OneThread()
    {
        _thread = new Thread(Work) { IsBackground = true, Name = "fake time" };
        _thread.Start();
    }

    /// <summary>
    /// Until no task is left. A few things of the framework (a contended semaphore, the reader of a channel) go through the thread pool
    /// before they come back here: its queue is passed three times without a new task.
    /// </summary>
    public async Task SettleAsync()
    {
        for (var quiet = 0; quiet < 3;)
        {
            var done = Interlocked.Read(ref _done);
            var passed = new TaskCompletionSource();
            ThreadPool.UnsafeQueueUserWorkItem(static passed => passed.SetResult(), passed, preferLocal: false);
            await passed.Task.ConfigureAwait(false);
            while (Interlocked.Read(ref _open) > 0)
                Thread.Sleep(0);
            quiet = done == Interlocked.Read(ref _done) ? quiet + 1 : 0;
        }
    }

    public void Dispose() => _waiting.CompleteAdding();

    protected override void QueueTask(Task task)
    {
        Interlocked.Increment(ref _open);
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
            Interlocked.Decrement(ref _open);
        }
    }
}
