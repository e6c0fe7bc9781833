import os


def test_twice():
    pass


def test_twice():
    pass
