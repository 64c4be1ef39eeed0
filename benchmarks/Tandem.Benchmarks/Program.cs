using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Tandem.Benchmarks;

// In this process: a project that is made for each run would have to be built under this repository's own rules.
var job = Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance);
var config = DefaultConfig.Instance.AddJob(job).WithArtifactsPath("artifacts/benchmarks");
BenchmarkSwitcher.FromTypes([typeof(InnerLoopBenchmarks)]).Run(args, config);
