"""ICNet and LSTM-ICNet v1 to v6, written once; start in `icnet_model.py`."""
