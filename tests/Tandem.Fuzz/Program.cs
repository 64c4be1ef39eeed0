using SharpFuzz;
using Tandem.Fuzz;

// fuzz TARGET: what afl-fuzz starts. run TARGET FILE…: the same with given bytes, to look at a finding.
if (args is not [("fuzz" or "run") and var mode, var name, ..] || FuzzTargets.Find(name) is not { } target)
{
    Console.Error.WriteLine($"Tandem.Fuzz fuzz TARGET | run TARGET FILE…; targets: {string.Join(", ", FuzzTargets.All.Select(one => one.Name))}");
    return 2;
}

if (mode == "fuzz")
{
    Fuzzer.OutOfProcess.Run(stream =>
    {
        var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        target.Run(bytes.ToArray());
    });
    return 0;
}

foreach (var file in args[2..])
{
    target.Run(File.ReadAllBytes(file));
    Console.WriteLine($"{file}: fine");
}

return 0;
