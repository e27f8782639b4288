"""The words of names, titles and texts."""

_FIRST_NAMES = """
Ada Amir Anna Ben Carla Chen Clara Dario Elena Emeka Fatima Felix Grace Hana Igor Ines Jonas Jürgen Kofi Lena
Liam Lucía Łukasz Maya Mei Milan Nadia Noah Olga Omar Priya Rosa Sara Søren Tariq Uma Vera Wen Yuki Zoë
"""
_LAST_NAMES = """
Adeyemi Bauer Costa Dubois Eriksen Fischer García Haddad Ivanova Jensen Kowalski Lindqvist Moreau Novák Okafor
Park Quinn Rossi Silva Tanaka Ueda Varga Weber Xu Yamada Zhang O'Brien Smith-Jones
"""
_TITLE_AREAS = "Sales Design Legal Mobile Search Payments Support Research Hiring Platform"
_TITLE_THINGS = "Roadmap Budget Minutes Proposal Handbook Survey Contract Launch Retrospective Strategy"

# Each of these counts as one word: letters and digits, with apostrophes and hyphens inside.
_WORDS = """
the the the a of to and and in for with is are was be on at we they team plan budget, draft review meeting
customer report. launch date owner risk decision agreed. quarter Q3 2025 12% target growth follow-up don't
can't café naïve résumé re-use open question: answer data table chart metric draft, final version section
summary next steps: contact vendor contract price discount offer timeline milestone deadline (tentative)
backlog sprint release notes design prototype feedback survey interview result experiment hypothesis baseline
week month year north south region store
"""
# Each of these counts as two words, since every Han character is one.
_KANJI_PAIRS = "設計 会議 予算 計画 資料 確認 期限 担当 報告 変更 品質 議事 顧客 契約 販売 調査"

FIRST_NAMES = _FIRST_NAMES.split()
LAST_NAMES = _LAST_NAMES.split()
TITLE_AREAS = _TITLE_AREAS.split()
TITLE_THINGS = _TITLE_THINGS.split()
WORDS = _WORDS.split()
KANJI_PAIRS = _KANJI_PAIRS.split()

COMMENTS = (
    "Can we move this to next week?",
    "Agreed, thanks!",
    "Is this number right? I get 12% instead.",
    "I'd cut this paragraph.",
    "Schön, so lassen wir das.",
    "+1",
    "Please add the source, and the date of the survey it comes from.",
    "Needs another look from legal before we send it out.",
    "この表を更新しました。",
    "Résumé is attached, see the last page 🙂",
)
