import { mount } from 'svelte'
import App from './App.svelte'
import { loadLanguage } from './i18n'
import './app.css'

await loadLanguage()
mount(App, { target: document.getElementById('app')! })
