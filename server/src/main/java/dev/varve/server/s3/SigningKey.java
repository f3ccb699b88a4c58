package dev.varve.server.s3;

/** A key derived from a secret for one scope. */
final class SigningKey {
    private final byte[] bytes;

    SigningKey(byte[] bytes) {
        this.bytes = bytes;
    }

    String sign(String text) {
        return SignatureV4.sign(bytes, text);
    }
}
