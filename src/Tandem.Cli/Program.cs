// The media worker is this same program. It comes first, so that a worker loads neither the server nor the command line's parser.
if (args is ["worker", ..])
    return Tandem.Media.Worker.WorkerProcess.Run(args);
if (args is ["segment", ..])
    return Tandem.Media.Segmenting.SegmenterProcess.Run(args);
if (args is ["film", ..])
    return Tandem.Media.Film.FilmProcess.Run(args);
if (args is ["recognise", ..])
    return Tandem.Media.Speech.RecogniserProcess.Run(args);
return await Tandem.Cli.CommandLine.RunAsync(args);
