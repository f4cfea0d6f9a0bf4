"""What needs a checkout: environment, notebooks, JupyterLab, fresh machines."""
