using Tandem.Checks.Captions;
using Tandem.Checks.Signals;

namespace Tandem.EndToEnd.Captions;

/// <summary>Programmes of human speech whose pictures carry what is said as CEA-608 captions.</summary>
public static class CaptionedProgramme
{
    /// <summary>The same programme with pop-on captions (CC1) in the pictures of its transport streams.</summary>
    /// <param name="programme">MPEG-TS, 25 pictures a second.</param>
    /// <param name="sentences">What is said, by the programme's own time.</param>
    public static Programme With(Programme programme, IEnumerable<Sentence> sentences)
    {
        const int rate = 25;
        var schedule = new PopOnSchedule(sentences.Select(sentence => new SentCaption(sentence.Start, sentence.End, sentence.Text)), rate);
        return programme with { Tracks = [.. programme.Tracks.Select(track => track.Picture is null ? track : Caption(track))] };

        Track Caption(Track track) => track with
        {
            Pieces = [.. track.Pieces.Select(piece => piece with { Data = CaptionedTs.Insert(piece.Data, Pairs) })],
        };

        IReadOnlyList<LinePair> Pairs(long ticks) => [schedule.At((long)Math.Round((ticks - programme.FirstTicks) * rate / (double)Programme.TickRate))];
    }
}
