"""A video file with a sound, made through PyAV."""

import av
import numpy as np


def write_video_with_sound(path, num_frames=50, fps=25, codec="aac", size=(32, 48)):
    """Grey frames that become brighter, and a tone of the same length."""
    rate = 48_000
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=fps, options={"bf": "0"})
        video.height, video.width = size
        audio = container.add_stream(codec, rate=rate)
        audio.layout = "mono"
        for number in range(num_frames):
            frame = np.full((*size, 3), 20 + 4 * number, np.uint8)
            container.mux(video.encode(av.VideoFrame.from_ndarray(frame)))
        container.mux(video.encode(None))
        samples = num_frames * rate // fps
        tone = np.sin(np.arange(samples) * 0.05).astype(np.float32)
        step = audio.codec_context.frame_size or 1024
        resampler = av.AudioResampler(audio.codec_context.format, "mono", rate)
        for start in range(0, samples, step):
            part = av.AudioFrame.from_ndarray(
                tone[np.newaxis, start : start + step], "fltp", "mono"
            )
            part.sample_rate, part.pts = rate, start
            for frame in resampler.resample(part):
                container.mux(audio.encode(frame))
        container.mux(audio.encode(None))


def sound_packets(path):
    """(seconds, bytes) of every packet of the sound; empty without a sound."""
    with av.open(str(path)) as container:
        if not container.streams.audio:
            return []
        return [
            (float(packet.pts * packet.time_base), bytes(packet))
            for packet in container.demux(container.streams.audio[0])
            if packet.pts is not None
        ]
