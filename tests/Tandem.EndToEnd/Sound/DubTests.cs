using Tandem.EndToEnd.Ingest;
using Xunit;

namespace Tandem.EndToEnd.Sound;

/// <summary>Speech that is fetched.</summary>
public sealed class FetchedSpeech() : DubbedSpeech(SentBy.Fetched);

/// <summary>Speech that is fetched, under a picture that is carried.</summary>
public sealed class CarriedSpeech() : DubbedSpeech(SentBy.Carried);

/// <summary>Speech that is pushed.</summary>
public sealed class PushedSpeech() : DubbedSpeech(SentBy.Push);

/// <summary>Speech in a file.</summary>
public sealed class FiledSpeech() : DubbedSpeech(SentBy.File);

/// <summary>Speech that is sent by SRT.</summary>
public sealed class SentSpeech() : DubbedSpeech(SentBy.Srt);

/// <summary>The dub of a source that is fetched.</summary>
public sealed class DubTests(FetchedSpeech heard) : DubChecks(heard), IClassFixture<FetchedSpeech>;

/// <summary>The same where the picture is carried (issue 3, point 1).</summary>
[Trait("Category", "Full")]
public sealed class CarriedDubTests(CarriedSpeech heard) : DubChecks(heard), IClassFixture<CarriedSpeech>;

/// <summary>The same of a source that is pushed.</summary>
[Trait("Category", "Full")]
public sealed class PushedDubTests(PushedSpeech heard) : DubChecks(heard), IClassFixture<PushedSpeech>;

/// <summary>The same of a file.</summary>
[Trait("Category", "Full")]
public sealed class FiledDubTests(FiledSpeech heard) : DubChecks(heard), IClassFixture<FiledSpeech>;

/// <summary>The same of what is sent by SRT.</summary>
[Trait("Category", "Full")]
public sealed class SentDubTests(SentSpeech heard) : DubChecks(heard), IClassFixture<SentSpeech>;
