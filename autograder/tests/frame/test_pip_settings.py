"""The installer hands pip the settings that lead to packages, and none that change where they go."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from autograder.install import pip


def test_what_leads_to_packages_is_kept_of_pips_settings_and_nothing_else():
    listing = "\n".join(
        [
            "global.index-url='https://mirror/simple'",
            "global.user='true'",
            "global.extra-index-url='https://one\\nhttps://two'",
            "install.index-url='https://for-install'",
            "install.target='/elsewhere'",
            "wheel.index-url='https://for-wheels'",
            ":env:.trusted-host='mirror'",
            ":env:.prefix='/elsewhere'",
            ":env:.cert='/a b/ca.pem'",
            "nonsense",
        ]
    )
    got = pip.environment(
        {
            "PIP_USER": "1",
            "pip_target": "/elsewhere",
            "PYTHONPATH": "/elsewhere",
            "https_proxy": "http://proxy",
            "SSL_CERT_FILE": "/ca.pem",
        },
        listing,
    )
    assert got == {
        "https_proxy": "http://proxy",
        "SSL_CERT_FILE": "/ca.pem",
        "PIP_INDEX_URL": "https://for-install",
        "PIP_EXTRA_INDEX_URL": "https://one\nhttps://two",
        "PIP_TRUSTED_HOST": "mirror",
        "PIP_CERT": "/a b/ca.pem",
        "PIP_CONFIG_FILE": os.devnull,
    }


def test_pip_tells_its_settings_from_files_and_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "pip.conf").write_text("[global]\nproxy = http://proxy:1\nindex-url = https://file\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    monkeypatch.setenv("PIP_INDEX_URL", "https://variable")
    found = pip.settings(pip.user_settings(Path(sys.executable)))
    assert found["proxy"] == "http://proxy:1"
    assert found["index-url"] == "https://variable"


def test_a_configuration_that_pip_cannot_read_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    (tmp_path / "pip.conf").write_text("no section = here\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    assert pip.user_settings(Path(sys.executable)) == ""
    assert "pip cannot read its own configuration; continuing without it: " in capsys.readouterr().err
