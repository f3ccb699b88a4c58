package dev.varve.bench;

/** Who asks an S3 server. */
record S3Key(String id, String secret) {}
