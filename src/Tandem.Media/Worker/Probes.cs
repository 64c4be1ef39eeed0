using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Tandem.Media.Sandbox;

namespace Tandem.Media.Worker;

/// <summary>Attempts to break out, for tests; refused unless the parent allowed them when it started the child.</summary>
internal static unsafe class Probes
{
    private const int Write = 1;
    private const int Create = 0x40;
    private const int SigStop = 19;

    /// <summary>Runs one probe. Returns <c>ok</c> where it worked, else the error.</summary>
    /// <param name="body">A message's body: a number, and the probe with its argument.</param>
    public static string Run(ReadOnlySpan<byte> body)
    {
        if (Environment.GetEnvironmentVariable(WorkerProcess.ProbesVariable) is null)
            return "refused";
        var wire = new WireReader(body);
        wire.I32();
        var words = (wire.Text(4096) ?? "").Split(' ', 2);
        var argument = words.Length > 1 ? words[1] : "";
        return words[0] switch
        {
            "read" => Result(Open(argument, 0)),
            "write" => Result(Open(argument, Write)),
            "create" => Result(Open(argument, Write | Create)),
            "remove" => Result(WithText(argument, name => Libc.unlink((byte*)name))),
            "socket" => Result(Libc.socket(int.Parse(argument, CultureInfo.InvariantCulture), 1, 0)),
            "run" => Spawn(argument),
            "fork" => Fork(),
            "kill" => Result(Libc.kill(int.Parse(argument, CultureInfo.InvariantCulture), 0)),
            "raise" => Result(RaiseLimit()),
            "memory" => Take(long.Parse(argument, CultureInfo.InvariantCulture)),
            "heap" => new byte[int.Parse(argument, CultureInfo.InvariantCulture)].Length > 0 ? "ok" : "",
            "stop" => Result(Libc.kill(Environment.ProcessId, SigStop)),
            "hang" => Result(Libc.poll(null, new CULong(0), -1)),
            "abort" => throw new InvalidOperationException("asked to fail"),
            "die" => Result(Libc.kill(Environment.ProcessId, Libc.SigKill)),
            "thread" => Thread(),
            _ => "unknown",
        };
    }

    private static int Open(string path, int flags) => WithText(path, name =>
    {
        var descriptor = Libc.open((byte*)name, flags | Libc.CloseOnExec);
        return descriptor < 0 ? descriptor : Libc.close(descriptor);
    });

    private static string Spawn(string path)
    {
        var error = WithText(path, name =>
        {
            int pid;
            var list = stackalloc byte*[2];
            list[0] = (byte*)name;
            list[1] = null;
            return Libc.posix_spawn(&pid, (byte*)name, null, null, list, null);
        });
        return error == 0 ? "ok" : Marshal.GetPInvokeErrorMessage(error);
    }

    private static int RaiseLimit()
    {
        const int Data = 2;
        var limit = new Libc.ResourceLimit { Soft = ulong.MaxValue, Hard = ulong.MaxValue };
        return Libc.setrlimit(Data, &limit);
    }

    private static string Take(long bytes)
    {
        try
        {
            var memory = (byte*)NativeMemory.Alloc((nuint)bytes);
            for (long at = 0; at < bytes; at += 4096)
                memory[at] = 1;
            return "ok";
        }
        catch (OutOfMemoryException)
        {
            return "Cannot allocate memory";
        }
    }

    private static string Fork()
    {
        const int SigChild = 17;
        var result = (int)Libc.syscall(Syscalls.Clone, SigChild, 0, 0, 0, 0);
        if (result == 0)
            Libc.poll(null, new CULong(0), -1);
        return Result(result);
    }

    private static string Thread()
    {
        var ran = false;
        var thread = new Thread(() => ran = true);
        thread.Start();
        thread.Join();
        return ran ? "ok" : "";
    }

    private static string Result(int result) => result >= 0 ? "ok" : Marshal.GetPInvokeErrorMessage(Marshal.GetLastSystemError());

    private static int WithText(string text, Func<nint, int> use)
    {
        fixed (byte* bytes = Encoding.UTF8.GetBytes(text + '\0'))
            return use((nint)bytes);
    }
}
