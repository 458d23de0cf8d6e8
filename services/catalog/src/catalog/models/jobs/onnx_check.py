"""Checks an ONNX file in a child process, since a corrupt file may crash its reader."""


def onnx_problem(path: str) -> str | None:
    """Returns why the file is not a valid, self-contained ONNX model; None when it is one."""
    import onnx

    try:
        model = onnx.load(path, load_external_data=False)
        onnx.checker.check_model(model)
    except Exception as error:
        return f"not a valid ONNX model: {str(error)[:300]}"
    outside = [t.name for t in model.graph.initializer if t.data_location == onnx.TensorProto.EXTERNAL]
    return f"weights lie outside the file: {', '.join(outside[:5])}" if outside else None
