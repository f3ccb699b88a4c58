package dev.varve.server.http;

import dev.varve.model.VarveException;

/** An error whose status HTTP itself prescribes, such as 405. */
final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int status;
    private final VarveException reason;

    Refusal(int status, VarveException reason) {
        super(reason);
        this.status = status;
        this.reason = reason;
    }

    int status() {
        return status;
    }

    VarveException reason() {
        return reason;
    }
}
