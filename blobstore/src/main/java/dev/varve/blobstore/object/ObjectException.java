package dev.varve.blobstore.object;

import dev.varve.model.VarveException;

/** An operation on buckets and objects that was refused and had no effect. */
public final class ObjectException extends VarveException {
    private static final long serialVersionUID = 1L;

    private final ObjectProblem problem;

    public ObjectException(ObjectProblem problem, String message) {
        super(problem.code(), message);
        this.problem = problem;
    }

    public ObjectProblem problem() {
        return problem;
    }
}
