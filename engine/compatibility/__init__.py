"""Checks documents of both languages, and tells what of other platforms stands in their way here.

One document is checked as its text; a folder is gone through for all of them. It may use the
parsers of both languages and their tables of habits. It must never run a document, fetch
anything, or know how its findings are shown.
"""

from .document_check import (
    DocumentFindings,
    DocumentReview,
    DocumentVerdict,
    check_document,
    review_text,
)
from .folder_check import find_files, review_file
from .languages import CCXML, VOICEXML
from .summary import HabitSummary, count_verdicts, summarize_habits

__all__ = [
    "CCXML",
    "VOICEXML",
    "DocumentFindings",
    "DocumentReview",
    "DocumentVerdict",
    "HabitSummary",
    "check_document",
    "count_verdicts",
    "find_files",
    "review_file",
    "review_text",
    "summarize_habits",
]
