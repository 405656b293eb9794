"""The tables of the store's file."""

from __future__ import annotations

#: Changes with the tables; a file of another format is refused.
FORMAT = 1

TABLES = """
CREATE TABLE documents (key TEXT PRIMARY KEY, content TEXT);
CREATE TABLE definitions (
    number INTEGER PRIMARY KEY AUTOINCREMENT, definition_id TEXT UNIQUE NOT NULL,
    workspace TEXT NOT NULL, project TEXT NOT NULL, owner TEXT NOT NULL, created REAL NOT NULL);
CREATE TABLE runs (
    number INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT UNIQUE NOT NULL,
    definition_id TEXT NOT NULL, workspace TEXT NOT NULL, project TEXT NOT NULL,
    owner TEXT NOT NULL, resources TEXT NOT NULL, state TEXT NOT NULL, reason TEXT,
    created REAL NOT NULL, start REAL, end REAL, mode TEXT, result_id TEXT UNIQUE NOT NULL);
CREATE TABLE tasks (
    run_id TEXT, invocation_id TEXT, state TEXT NOT NULL, start REAL, end REAL,
    PRIMARY KEY (run_id, invocation_id));
CREATE TABLE artifacts (
    artifact_id TEXT PRIMARY KEY, run_id TEXT NOT NULL, invocation_id TEXT NOT NULL);
CREATE INDEX artifacts_of_runs ON artifacts (run_id);
CREATE TABLE logs (
    number INTEGER PRIMARY KEY AUTOINCREMENT, run_id TEXT NOT NULL, kind TEXT NOT NULL,
    invocation_id TEXT, time REAL NOT NULL, line TEXT NOT NULL);
CREATE INDEX logs_of_runs ON logs (run_id);
CREATE TABLE secrets (workspace TEXT, name TEXT, PRIMARY KEY (workspace, name))
"""
