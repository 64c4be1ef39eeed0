namespace Tandem.Server.Access;

/// <summary>Why somebody is refused: the words of <c>tandem_access_refusals_total</c>, each with its one sentence. They tell nothing of a token.</summary>
internal static class Refusals
{
    public const string Missing = "missing";
    public const string Malformed = "malformed";
    public const string Algorithm = "algorithm";
    public const string Signature = "signature";
    public const string Issuer = "issuer";
    public const string Audience = "audience";
    public const string Expired = "expired";
    public const string NotYet = "not_yet";
    public const string NoExpiry = "no_expiry";
    public const string Keys = "keys";
    public const string Channel = "channel";
    public const string Language = "language";
    public const string Premium = "premium";
    public const string Rate = "rate";
    public const string Connections = "connections";
    public const string OperatorMissing = "operator_missing";
    public const string OperatorKey = "operator_key";
    public const string OperatorRemote = "operator_remote";
    public const string OperatorOrigin = "operator_origin";

    /// <summary>A token that does not open what was asked for.</summary>
    public static ViewerVerdict OfToken(string reason) => reason switch
    {
        Missing => Answer(401, reason, "A viewer's token is needed: as Authorization: Bearer TOKEN, as ?token=TOKEN, or as the cookie tandem_token."),
        Malformed => Answer(401, reason, "The token is no signed JWT that is understood here."),
        Algorithm => Answer(401, reason, "The token is signed in a way that is not taken here."),
        Signature => Answer(401, reason, "The token's signature is by none of the keys that are valid here."),
        Issuer => Answer(401, reason, "The token is from somebody else (iss)."),
        Audience => Answer(401, reason, "The token is for somebody else (aud)."),
        Expired => Answer(401, reason, "The token has expired; get a new one."),
        NotYet => Answer(401, reason, "The token is not valid yet (nbf)."),
        NoExpiry => Answer(401, reason, "The token does not say when it expires (exp)."),
        Keys => ViewerVerdict.Refuse(503, reason, "The keys that tokens are checked with cannot be had at the moment.", TimeSpan.FromSeconds(5)),
        Channel => Answer(403, reason, "The token does not open this channel."),
        Language => Answer(403, reason, "The token does not open this language."),
        Premium => Answer(403, reason, "This language needs a premium token."),
        _ => Answer(403, reason, "The token does not open this."),
    };

    private static ViewerVerdict Answer(int status, string reason, string detail) => ViewerVerdict.Refuse(status, reason, detail);
}
