package dev.varve.bench.s3;

/** Who asks an S3 server. */
public record S3Key(String id, String secret) {}
