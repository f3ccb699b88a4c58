package dev.varve.server.log;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.Appender;
import ch.qos.logback.core.OutputStreamAppender;
import java.util.Iterator;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/** How the lines of this process look. */
public enum LogFormat {
    /** For people: as the process began. */
    TEXT,
    /** For programs: one JSON object a line. */
    JSON;

    /** From now on, for the whole process; what libraries write to the JDK's own logger goes the same way. */
    public void apply(String node) {
        if (!SLF4JBridgeHandler.isInstalled()) {
            SLF4JBridgeHandler.removeHandlersForRootLogger();
            SLF4JBridgeHandler.install();
        }
        if (this == JSON && LoggerFactory.getILoggerFactory() instanceof LoggerContext context) {
            Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
            for (Iterator<Appender<ILoggingEvent>> appenders = root.iteratorForAppenders(); appenders.hasNext(); ) {
                if (appenders.next() instanceof OutputStreamAppender<ILoggingEvent> lines) {
                    JsonLines encoder = new JsonLines(node);
                    encoder.setContext(context);
                    encoder.start();
                    lines.stop();
                    lines.setEncoder(encoder);
                    lines.start();
                }
            }
        }
    }
}
