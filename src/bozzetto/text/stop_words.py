"""Words that carry no picture by themselves, per language."""

from __future__ import annotations

__all__ = ["STOP_WORDS"]


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


STOP_WORDS: dict[str, frozenset[str]] = {
    "en": _set(
        """a about above across after again against all along also am among an and any are around
    as at be because been before behind being below beneath beside between beyond both but
    by can could did do does doing down during each either for from further had has have
    having he her here hers him his how i if in inside into is it it's its itself just me
    more most much my near no nor not of off on once one only onto or other our out outside
    over own per same she should so some such than that the their them then there these they
    this those through to too toward towards under until up upon us very via was we were
    what when where which while who whom whose why will with within without would you your"""
    ),
    "it": _set(
        """a ad agli ai al alla alle allo anche c che chi ci come con contro cui da dagli dai dal
    dalla dalle dallo dei degli del della delle dello di dove e ed era essere fra gli ha
    hanno i il in io l la le lei lo loro ma mentre mi molto ne nei negli nel nella nelle
    nello noi non o ogni per perché più qualche quando quella quello questa questo se senza
    si sia sono sopra sotto sta stanno su sua sue sugli sui sul sulla sulle sullo suo suoi
    tra tu un una uno verso vicino voi dell all nell sull dall un'"""
    ),
    "de": _set(
        """aber als am an auch auf aus bei beim bis da das dass dem den der des die dies diese
    dieser dieses doch durch ein eine einem einen einer eines er es für gegen hat haben
    hinter ich ihr ihre ihrem ihren ihrer im in ins ist kein keine mit nach nahe neben nicht
    noch nur ob oder ohne sein seine seinem seinen seiner sich sie sind so über um und unter
    vom von vor war was welche wenn wer wie wird wo während zu zum zur zwischen"""
    ),
    "fr": _set(
        """à a au aux avec c ce ces cet cette chez comme contre d dans de derrière des devant du
    elle elles en entre est et eux il ils j je l la le les leur leurs lui ma mais me même
    mes moi mon n ne nous on ont ou où par pas pour près qu que qui s sa sans se ses si son
    sont sous sur ta te tes toi ton tu très un une vers vos votre vous y"""
    ),
    "es": _set(
        """a al ante bajo cerca como con contra cuando de del desde donde e el él ella ellas ellos
    en entre era es esta está están este esto ha hacia han hasta hay la las le les lo los
    más me mi mientras muy ni no nos o otra otro para pero por que quien se ser si sin sobre
    su sus también te tras tu un una unas uno unos y ya"""
    ),
    "pt": _set(
        """a à ao aos as às até com como contra da das de dela dele delas deles desde do dos e é
    ela elas ele eles em entre era essa esse esta está estão este eu foi há isso isto já lhe
    mais mas me meu minha muito na nas nem no nos nós num numa não o os ou para pela pelas
    pelo pelos perto por que quem se sem ser seu seus sob sobre sua suas também te tem um
    uma umas uns você"""
    ),
    "ja": _set("の は が を に へ と で も や か な だ し て た い る"),
    "zh": _set("的 了 在 是 和 与 一 个 只 着 有 也 都 而 被 把 从 这 那 位 幅 张"),
    "ko": _set("은 는 이 가 을 를 의 에 에서 와 과 도 로 으로 그 한 및"),
}
"""Language (ISO 639-1) to stop words, lower-case, as `words` cuts them."""
