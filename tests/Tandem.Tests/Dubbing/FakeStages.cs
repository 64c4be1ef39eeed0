using Tandem.Live.Dubbing;

namespace Tandem.Tests.Dubbing;

/// <summary>A recogniser that does as it is told, utterance by utterance; by default it hears "one", "two", ….</summary>
internal sealed class FakeRecogniser : IRecogniser
{
    private int _utterances;

    /// <summary>What happens at the end of utterance n, counted from 1.</summary>
    public Func<int, CancellationToken, Task<Recognised>> Behaviour { get; set; } = (number, _) => Heard(number);

    public int Killed { get; private set; }

    public Task BeginAsync(CancellationToken cancellation) => Task.CompletedTask;

    public Task HearAsync(ReadOnlyMemory<float> mono16, CancellationToken cancellation) => Task.CompletedTask;

    public static Task<Recognised> Heard(int number) =>
        Task.FromResult(new Recognised($"word {number}", TimeSpan.FromSeconds(0.2), TimeSpan.FromSeconds(1)));

    public Task<Recognised> EndAsync(CancellationToken cancellation) => Behaviour(++_utterances, cancellation);

    public void Kill() => Killed++;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>Translates by putting the language before the text, or as it is told.</summary>
internal sealed class FakeTranslator(string language) : ITranslator
{
    public Func<string, CancellationToken, Task<string>> Behaviour { get; set; } = (text, _) => Task.FromResult($"{language} {text}");

    public int Killed { get; private set; }

    public Task<string> TranslateAsync(string text, CancellationToken cancellation) => Behaviour(text, cancellation);

    public void Kill() => Killed++;

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
