package dev.varve.server.flight;

import dev.varve.server.log.RequestId;
import org.apache.arrow.flight.CallHeaders;
import org.apache.arrow.flight.CallInfo;
import org.apache.arrow.flight.CallStatus;
import org.apache.arrow.flight.FlightProducer.CallContext;
import org.apache.arrow.flight.FlightServerMiddleware;
import org.apache.arrow.flight.RequestContext;

/** The id of a call in logs: taken from its headers as of HTTP, and sent back. */
final class CallId implements FlightServerMiddleware {
    static final Key<CallId> KEY = Key.of("call-id");
    static final Factory<CallId> FACTORY = new Factory<>() {
        @Override
        public CallId onCallStarted(CallInfo info, CallHeaders incoming, RequestContext context) {
            return of(incoming);
        }
    };

    private final String id;

    private CallId(String id) {
        this.id = id;
    }

    static CallId of(CallHeaders incoming) {
        return new CallId(RequestId.of(incoming.get(RequestId.HEADER)));
    }

    /** Of a call; only its own thread may ask. */
    static String of(CallContext context) {
        return context.getMiddleware(KEY).id;
    }

    @Override
    public void onBeforeSendingHeaders(CallHeaders outgoing) {
        outgoing.insert(RequestId.HEADER, id);
    }

    @Override
    public void onCallCompleted(CallStatus status) {}

    @Override
    public void onCallErrored(Throwable failure) {}
}
