import mqttPacket from "mqtt-packet";

/**
 * mqtt-packet keeps a ready-made buffer for each of 65,536 packet numbers, built with the first packet: 60 ms of CPU and
 * 10 MB on a laptop. A doorbell sends a few packets a minute, so each number is written when it is needed.
 */
(mqttPacket.writeToStream as unknown as { cacheNumbers: boolean }).cacheNumbers = false;
