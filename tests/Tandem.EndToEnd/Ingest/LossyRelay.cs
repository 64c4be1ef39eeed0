using System.Net;
using System.Net.Sockets;

namespace Tandem.EndToEnd.Ingest;

/// <summary>
/// A UDP port that leads to another and loses one datagram in each hundred on the way there, by chance but always the same ones. What comes
/// back is passed on whole.
/// </summary>
public sealed class LossyRelay : IAsyncDisposable
{
    private const int OneIn = 100;
    private readonly UdpClient _front = new(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly UdpClient _back = new(new IPEndPoint(IPAddress.Loopback, 0));
    private readonly CancellationTokenSource _stop = new();
    private readonly IPEndPoint _target;
    private readonly Random _random;
    private readonly Task _run;
    private volatile IPEndPoint? _sender;
    private int _lost;

    /// <summary>Opens a port that leads to another of this machine.</summary>
    /// <param name="target">The other.</param>
    /// <param name="seed">Begins the random numbers.</param>
    public LossyRelay(int target, int seed = 1)
    {
        _target = new IPEndPoint(IPAddress.Loopback, target);
        _random = new Random(seed);
        _run = Task.WhenAll(ForthAsync(), BackAsync());
    }

    /// <summary>Where to send.</summary>
    public int Port => ((IPEndPoint)_front.Client.LocalEndPoint!).Port;

    /// <summary>How many datagrams were lost.</summary>
    public int Lost => Volatile.Read(ref _lost);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _run;
        _front.Dispose();
        _back.Dispose();
        _stop.Dispose();
    }

    private Task ForthAsync() => PassAsync(async () =>
    {
        var unlucky = _random.Next(OneIn);
        for (var number = 0; number < OneIn; number++)
        {
            var datagram = await _front.ReceiveAsync(_stop.Token);
            _sender = datagram.RemoteEndPoint;
            if (number == unlucky)
                Interlocked.Increment(ref _lost);
            else
                await _back.SendAsync(datagram.Buffer, _target, _stop.Token);
        }
    });

    private Task BackAsync() => PassAsync(async () =>
    {
        var datagram = await _back.ReceiveAsync(_stop.Token);
        if (_sender is { } sender)
            await _front.SendAsync(datagram.Buffer, sender, _stop.Token);
    });

    private async Task PassAsync(Func<Task> some)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await some();
            }
            catch (Exception fault) when (fault is OperationCanceledException or SocketException)
            {
                // Stopped, or nobody is there at the moment.
            }
        }
    }
}
