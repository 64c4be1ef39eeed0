using System.Runtime.InteropServices;

namespace Tandem.Media.Sandbox;

/// <summary>
/// A seccomp filter over system calls: those that a media worker has no use for fail with EPERM. A list of what is denied, not of what is
/// allowed: which calls a runtime makes changes from version to version, and one forgotten would stop the channel.
/// </summary>
internal static unsafe class SeccompFilter
{
    private const uint Allow = 0x7FFF0000;
    private const uint NotPermitted = 0x00050000 | 1;
    private const uint NotImplemented = 0x00050000 | 38;

    private const ushort LoadWord = 0x20;
    private const ushort JumpIfEqual = 0x15;
    private const ushort JumpIfAtLeast = 0x35;
    private const ushort JumpIfAnyBit = 0x45;
    private const ushort And = 0x54;
    private const ushort Return = 0x06;

    // struct seccomp_data: number, architecture, instruction pointer, six arguments of 64 bits.
    private const uint NumberAt = 0;
    private const uint ArchitectureAt = 4;

    private const uint X32 = 0x40000000;
    private const uint ThreadFlag = 0x00010000;

    // O_WRONLY, O_RDWR, O_CREAT, O_TRUNC, __O_TMPFILE.
    private const uint WriteFlags = 0x1 | 0x2 | 0x40 | 0x200 | 0x400000;

    // AF_INET, AF_INET6, SOCK_STREAM, SOCK_DGRAM, and the bits of a type that are no flags.
    private const uint Internet = 2;
    private const uint Internet6 = 10;
    private const uint Stream = 1;
    private const uint Datagram = 2;
    private const uint TypeMask = 0xF;

    private const int SetNoNewPrivileges = 38;
    private const int SetModeFilter = 1;
    private const int AllThreads = 1;

    /// <summary>Puts the whole process under the filter. Returns null, or why it cannot be.</summary>
    public static string? Install(SocketUse sockets = SocketUse.None)
    {
        if (!Syscalls.Known)
            return $"no list of system calls for {RuntimeInformation.ProcessArchitecture}";
        _ = Libc.prctl(SetNoNewPrivileges, 1, 0, 0, 0);
        var program = Program((uint)Environment.ProcessId, sockets);
        fixed (Instruction* instructions = program)
        {
            var header = new Header { Count = (ushort)program.Length, Instructions = instructions };
            var result = Libc.syscall(Syscalls.Seccomp, SetModeFilter, AllThreads, (nint)(&header), 0, 0);
            if (result == 0)
                return null;
            return result > 0 ? "no seccomp: a thread has another filter" : $"no seccomp: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastSystemError())}";
        }
    }

    /// <summary>The filter's instructions.</summary>
    /// <param name="self">The only process that signals may go to.</param>
    /// <param name="sockets">What may be done with sockets.</param>
    internal static Instruction[] Program(uint self, SocketUse sockets = SocketUse.None)
    {
        var program = new List<Instruction>
        {
            new(LoadWord, 0, 0, ArchitectureAt),
            new(JumpIfEqual, 1, 0, Syscalls.AuditArchitecture),
            new(Return, 0, 0, NotPermitted),
            new(LoadWord, 0, 0, NumberAt),
            new(JumpIfAtLeast, 0, 1, X32),
            new(Return, 0, 0, NotPermitted),
        };
        string[] used = sockets switch
        {
            SocketUse.TcpListener => ["socket", "bind", "listen", "accept", "accept4", "sendto"],
            SocketUse.Datagrams => ["socket", "bind", "sendto", "sendmsg"],
            _ => [],
        };
        foreach (var number in Syscalls.DeniedBut(used))
            Rule(program, number, new Instruction(Return, 0, 0, NotPermitted));
        if (sockets != SocketUse.None)
            SocketRules(program, sockets);

        // The C library falls back on clone, whose flags a filter can see.
        Rule(program, Syscalls.Clone3, new Instruction(Return, 0, 0, NotImplemented));
        Rule(program, Syscalls.Clone, LoadLow(0), new(JumpIfAnyBit, 1, 0, ThreadFlag), new(Return, 0, 0, NotPermitted));
        Rule(program, Syscalls.Open, LoadLow(1), new(JumpIfAnyBit, 0, 1, WriteFlags), new(Return, 0, 0, NotPermitted));
        Rule(program, Syscalls.OpenAt, LoadLow(2), new(JumpIfAnyBit, 0, 1, WriteFlags), new(Return, 0, 0, NotPermitted));
        foreach (var number in new[] { Syscalls.Kill, Syscalls.ThreadGroupKill, Syscalls.ThreadGroupSignal })
            Rule(program, number, LoadLow(0), new(JumpIfEqual, 1, 0, self), new(Return, 0, 0, NotPermitted));

        // Limits may be read, not set: the third argument points to new ones.
        Rule(
            program,
            Syscalls.LimitsOfProcess,
            LoadLow(2),
            new(JumpIfEqual, 0, 2, 0),
            LoadHigh(2),
            new(JumpIfEqual, 1, 0, 0),
            new(Return, 0, 0, NotPermitted));
        program.Add(new(Return, 0, 0, Allow));
        return [.. program];
    }

    // TCP without a destination: one would connect (MSG_FASTOPEN).
    private static void SocketRules(List<Instruction> program, SocketUse sockets)
    {
        Rule(
            program,
            Syscalls.Socket,
            LoadLow(0),
            new(JumpIfEqual, 2, 0, Internet),
            new(JumpIfEqual, 1, 0, Internet6),
            new(Return, 0, 0, NotPermitted),
            LoadLow(1),
            new(And, 0, 0, TypeMask),
            new(JumpIfEqual, 1, 0, sockets == SocketUse.TcpListener ? Stream : Datagram),
            new(Return, 0, 0, NotPermitted));
        if (sockets == SocketUse.TcpListener)
        {
            Rule(
                program,
                Syscalls.SendTo,
                LoadLow(4),
                new(JumpIfEqual, 0, 2, 0),
                LoadHigh(4),
                new(JumpIfEqual, 1, 0, 0),
                new(Return, 0, 0, NotPermitted));
        }
    }

    private static Instruction LoadLow(uint argument) => new(LoadWord, 0, 0, 16 + (8 * argument));

    private static Instruction LoadHigh(uint argument) => new(LoadWord, 0, 0, 20 + (8 * argument));

    // Runs the instructions if this is the call, then goes on with the next rule; they may have loaded something else.
    private static void Rule(List<Instruction> program, int number, params ReadOnlySpan<Instruction> instructions)
    {
        if (number < 0)
            return;
        var last = instructions.Length > 1 ? 1 : 0;
        program.Add(new(JumpIfEqual, 0, (byte)(instructions.Length + last), (uint)number));
        program.AddRange(instructions);
        if (last != 0)
            program.Add(new(Return, 0, 0, Allow));
    }

    /// <summary>struct sock_filter.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal readonly struct Instruction(ushort code, byte ifTrue, byte ifFalse, uint value)
    {
        public readonly ushort Code = code;
        public readonly byte IfTrue = ifTrue;
        public readonly byte IfFalse = ifFalse;
        public readonly uint Value = value;
    }

    /// <summary>struct sock_fprog.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Header
    {
        public ushort Count;
        public Instruction* Instructions;
    }
}
