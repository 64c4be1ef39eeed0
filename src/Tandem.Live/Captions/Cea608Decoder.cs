namespace Tandem.Live.Captions;

/// <summary>A caption with its times.</summary>
/// <param name="Start">When it showed, 90 kHz.</param>
/// <param name="End">When it went; after <paramref name="Start"/>.</param>
/// <param name="Text">Its lines, apart by line feeds.</param>
public sealed record TimedText(long Start, long End, string Text);

/// <summary>
/// Decodes one channel of CEA-608 captions (ANSI/CTA-608-E) to text with times: pop-on, roll-up and paint-on. Colours, places and text mode
/// are of no use to a dub and passed over. What it holds is two screens, whatever comes.
/// </summary>
/// <remarks>
/// A pop-on caption is told when it goes, since that is when its end is known. Of roll-up captions each line is told once, when it is
/// complete: when the next begins, or nothing was added to it for two seconds.
/// </remarks>
/// <param name="channel">1 to 4, as in CC1 to CC4: two in each field.</param>
public sealed class Cea608Decoder(int channel)
{
    private const long Second = 90_000;

    // What stands longer than an utterance may last is told before it goes.
    private const long Longest = 10 * Second;

    // A speaker who pauses leaves a line unfinished.
    private const long Idle = 2 * Second;

    // Times that lie further apart belong to different clocks; a picture may be without captions for a while.
    private const long Backwards = 10 * Second;
    private const long Forwards = 60 * Second;

    private readonly int _field = channel > 2 ? 2 : 1;
    private readonly int _part = channel is 1 or 3 ? 1 : 2;
    private Cea608Screen _shown = new();
    private Cea608Screen _hidden = new();
    private Mode _mode;
    private int _row = Cea608Screen.Rows - 1;
    private int _column;
    private int _current;
    private int _repeatable;
    private bool _isService;
    private long? _since;
    private long _written;
    private bool _hasTime;
    private long _now;
    private List<TimedText> _told = [];

    private enum Mode
    {
        None,
        PopOn,
        RollUp,
        PaintOn,
        Text,
    }

    /// <summary>Whether anything was ever written to this channel.</summary>
    public bool HasSpoken { get; private set; }

    /// <summary>Since when a caption shows that has not been told yet, 90 kHz; null where none does.</summary>
    public long? Since => _since;

    /// <summary>Takes the next pair and returns the captions that it completes, usually none.</summary>
    /// <param name="ticks">Its time, 90 kHz, unwrapped. One that lies far from the last begins anew.</param>
    /// <param name="field">1 or 2.</param>
    /// <param name="first">First byte, with parity.</param>
    /// <param name="second">Second byte, with parity.</param>
    public IReadOnlyList<TimedText> Take(long ticks, int field, byte first, byte second)
    {
        _told = [];
        if (_hasTime && (ticks > _now + Forwards || ticks < _now - Backwards))
            Reset();
        _now = _hasTime ? Math.Max(ticks, _now) : ticks;
        _hasTime = true;
        if (_since is { } since)
            Expire(since);
        if (field == _field)
            Take(Bare(first), Bare(second));
        return _told;
    }

    /// <summary>The source begins anew: what is shown ends here.</summary>
    public IReadOnlyList<TimedText> Finish()
    {
        _told = [];
        Reset();
        return _told;
    }

    /// <summary>Without parity; 0 where parity is wrong, which is no character and no command.</summary>
    private static int Bare(byte value) => (System.Numerics.BitOperations.PopCount(value) & 1) == 1 ? value & 0x7F : 0;

    private void Reset()
    {
        Tell(_now);
        _shown.Clear();
        _hidden.Clear();
        (_mode, _current, _repeatable, _isService, _hasTime) = (Mode.None, 0, 0, false, false);
    }

    private void Expire(long since)
    {
        if (_mode is Mode.RollUp or Mode.PaintOn && _now - _written >= Idle)
            Tell(_written + Idle);
        else if (_now - since >= Longest)
            Tell(since + Longest);
        else
            return;

        // Rolled-up and painted lines go on where they are; told once is enough.
        if (_mode is Mode.RollUp or Mode.PaintOn)
            _shown.Clear();
    }

    private void Take(int first, int second)
    {
        var isRepeat = first is >= 0x10 and < 0x20 && ((first << 8) | second) == _repeatable;
        _repeatable = first is >= 0x10 and < 0x20 && !isRepeat ? (first << 8) | second : 0;
        if (isRepeat || first == 0)
        {
            // Commands come twice, in case that one is lost.
            if (!isRepeat && second >= 0x20)
                Characters(second, 0);
            return;
        }

        if (first < 0x10)
            _isService = first != 0x0F && _field == 2;
        else if (first < 0x20)
            Command(first, second);
        else if (!_isService)
            Characters(first, second);
    }

    private void Command(int first, int second)
    {
        _isService = false;
        _current = (first & 8) == 0 ? 1 : 2;
        if (_current != _part || second < 0x20)
            return;
        var group = first & 0x17;
        if (second >= 0x40)
            MoveTo(group, second);
        else if (group == 0x11 && second < 0x30)
            Write(' ');
        else if (group == 0x11)
            Write(Cea608Characters.Special(second));
        else if (group is 0x12 or 0x13)
            Replace(Cea608Characters.Extended(group == 0x13, second));
        else if (group is 0x14 or 0x15 && second < 0x30)
            Control(second);
        else if (group == 0x17 && second is > 0x20 and < 0x24)
            _column = Math.Min(Cea608Screen.Columns - 1, _column + (second & 3));
    }

    private void Characters(int first, int second)
    {
        if (_current != _part)
            return;
        if (first >= 0x20)
            Write(Cea608Characters.Basic(first));
        if (second >= 0x20)
            Write(Cea608Characters.Basic(second));
    }

    /// <summary>Miscellaneous commands (table 50).</summary>
    private void Control(int code)
    {
        switch (code)
        {
            case 0x20:
                Change(Mode.PopOn);
                break;
            case 0x21:
                _column = Math.Max(0, _column - 1);
                Screen?.Set(_row, _column, '\0');
                break;
            case 0x24:
                Screen?.Clear(_row, _column);
                break;
            case 0x25 or 0x26 or 0x27:
                Change(Mode.RollUp);
                break;
            case 0x29:
                Change(Mode.PaintOn);
                break;
            case 0x2A or 0x2B:
                Change(Mode.Text);
                break;
            case 0x2C:
                Tell(_now);
                _shown.Clear();
                break;
            case 0x2D when _mode == Mode.RollUp:
                Tell(Math.Min(_now, _written + Idle));
                _shown.Clear();
                _column = 0;
                break;
            case 0x2E:
                _hidden.Clear();
                break;
            case 0x2F:
                Tell(_now);
                (_shown, _hidden) = (_hidden, _shown);
                _mode = Mode.PopOn;
                _since = _shown.IsEmpty ? null : _now;
                break;
        }
    }

    private void Change(Mode mode)
    {
        // Roll-up takes the screen for itself; text mode leaves captions as they are.
        if (mode == Mode.RollUp && _mode != Mode.RollUp)
        {
            Tell(_now);
            _shown.Clear();
            _hidden.Clear();
            (_row, _column) = (Cea608Screen.Rows - 1, 0);
        }

        _mode = mode;
    }

    /// <summary>Preamble address codes (table 53).</summary>
    private void MoveTo(int group, int second)
    {
        var lower = (second & 0x20) != 0 ? 1 : 0;
        _row = group switch
        {
            0x11 => 0 + lower,
            0x12 => 2 + lower,
            0x15 => 4 + lower,
            0x16 => 6 + lower,
            0x17 => 8 + lower,
            0x10 => 10,
            0x13 => 11 + lower,
            _ => 13 + lower,
        };
        _column = (second & 0x10) != 0 ? (second & 0x0E) * 2 : 0;

        // Painting over what stands there begins another caption.
        if (_mode == Mode.PaintOn && _shown.Has(_row, _column))
        {
            Tell(_now);
            _shown.Clear();
        }
        else if (_mode == Mode.RollUp && !_shown.IsEmpty)
        {
            // The lines move with their base row.
            Tell(_now);
            _shown.Clear();
        }
    }

    private Cea608Screen? Screen => _mode switch
    {
        Mode.PopOn => _hidden,
        Mode.RollUp or Mode.PaintOn => _shown,
        _ => null,
    };

    private void Replace(char character)
    {
        // A plain character for decoders without extended ones came before it.
        if (_column > 0 && Screen is { } screen && screen.Has(_row, _column - 1))
            _column--;
        Write(character);
    }

    private void Write(char character)
    {
        if (Screen is not { } screen)
            return;
        screen.Set(_row, _column, character);
        _column = Math.Min(Cea608Screen.Columns - 1, _column + 1);
        if (character == ' ')
            return;
        HasSpoken = true;
        if (_mode == Mode.PopOn)
            return;
        _since ??= _now;
        _written = _now;
    }

    private void Tell(long end)
    {
        if (_since is { } start && _shown.Text() is { Length: > 0 } text)
            _told.Add(new TimedText(start, Math.Max(end, start + 1), text));
        _since = null;
    }
}
