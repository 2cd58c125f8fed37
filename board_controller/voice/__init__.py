"""The hall's voice: sentences, speech, chime and the loudspeaker's queue."""
