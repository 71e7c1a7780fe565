"""Every conversation, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conversations.conversation import Conversation
from tests.service.databases import ClientOf

FOLDER = Path(__file__).parent
FILES = sorted(FOLDER.glob("*/**/*.http"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_conversation(path: Path, client_of: ClientOf):
    conversation = Conversation.read(path)
    conversation.run(client_of(conversation.sample))


def test_there_are_conversations():
    assert FILES
