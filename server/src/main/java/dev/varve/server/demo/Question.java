package dev.varve.server.demo;

/** A query and what it shows. */
public record Question(String title, String sql) {}
