"""ICNet and LSTM-ICNet v1 to v6, drawn once; start in `icnet_model.py`."""
